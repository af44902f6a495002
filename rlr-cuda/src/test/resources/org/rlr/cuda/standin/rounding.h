// How tensor cores take a factor.
#pragma once
#include <cstdint>
#include <cstring>

namespace standin {

/** Rounded to ten bits after the point, to nearest; what is not finite stays. */
inline float tf32(float v) {
    if (v - v != 0) {
        return v;
    }
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits = (bits + 0x1000u) & ~0x1fffu;
    memcpy(&v, &bits, 4);
    return v;
}

/** Rounded to seven bits after the point, to nearest even; what is not finite stays. */
inline float bf16(float v) {
    if (v - v != 0) {
        return v;
    }
    uint32_t bits;
    memcpy(&bits, &v, 4);
    bits = (bits + 0x7fffu + (bits >> 16 & 1)) & ~0xffffu;
    memcpy(&v, &bits, 4);
    return v;
}

}
