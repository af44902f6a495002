// Tensor cores' rounding of a factor.
#pragma once
#include <cstdint>
#include <cstring>

namespace standin {

/** Rounded to ten fraction bits, to nearest; infinity and NaN are unchanged. */
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

/** Rounded to seven fraction bits, to nearest even; infinity and NaN are unchanged. */
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
