/* Stand-in for the NDK's header, which Debian does not carry. */
#pragma once
#include <stdint.h>

typedef struct ARect {
    int32_t left, top, right, bottom;
} ARect;
