/* Stand-in for the NDK's header, which Debian does not carry: what the app asks of a window. */
#pragma once
#include <android/rect.h>
#include <stdint.h>

typedef struct ANativeWindow ANativeWindow;

#ifdef __cplusplus
extern "C" {
#endif
void ANativeWindow_acquire(ANativeWindow *window);
void ANativeWindow_release(ANativeWindow *window);
int32_t ANativeWindow_getWidth(ANativeWindow *window);
int32_t ANativeWindow_getHeight(ANativeWindow *window);
int32_t ANativeWindow_getFormat(ANativeWindow *window);
int32_t ANativeWindow_setBuffersGeometry(ANativeWindow *window, int32_t width, int32_t height, int32_t format);
#ifdef __cplusplus
}
#endif
