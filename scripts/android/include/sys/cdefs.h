/* Stand-in for the header of Android's C library that its framework headers include:
   the few macros they use, empty where a gate has no use for them. */
#pragma once

#ifdef __cplusplus
#define __BEGIN_DECLS extern "C" {
#define __END_DECLS }
#else
#define __BEGIN_DECLS
#define __END_DECLS
#endif

#define __INTRODUCED_IN(level)
#define __INTRODUCED_IN_32(level)
#define __INTRODUCED_IN_64(level)
#define __DEPRECATED_IN(level)
#define __REMOVED_IN(level)
#define __RENAME_IF_FILE_OFFSET64(name)
