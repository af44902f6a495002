// mma.sync of a warp, with the fragment layouts of the PTX ISA ("Matrix fragments for mma.m16n8k16 / m16n8k8"). Products are exact in float; they are
// added to the accumulator one after another in ascending k, each sum rounded to float. A card adds several at a time with a few bits more, so
// its last bits differ. Every lane of the warp must take part.
#include "standin.h"
#include <cstring>

extern "C" uint64_t standinExchange(int line, int exchange, unsigned mask, uint64_t value, int lane);

namespace standin {

namespace {

struct Factors { uint32_t a[4], b[2]; };
/**
 * Two sets per warp, used in turn: a lane may begin the next product while others still read this one's factors, but
 * not the product after that.
 */
Factors factors[32][2][32];
unsigned products[1024];

float number(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

float half(const uint32_t* words, int i) {
    return number(words[i / 2] >> (i % 2 * 16) << 16);
}

/** A(row, k) of a product of bf16: a lane has k 2t, 2t + 1 of rows g and g + 8, then the same of k + 8. */
float leftBf16(const Factors* lanes, int row, int k) {
    return half(lanes[row % 8 * 4 + k % 8 / 2].a, (row / 8 + k / 8 * 2) * 2 + k % 2);
}

float rightBf16(const Factors* lanes, int k, int column) {
    return half(lanes[column * 4 + k % 8 / 2].b, k / 8 * 2 + k % 2);
}

/** Tensor cores ignore the last 13 bits. */
float tf32(uint32_t bits) {
    return number(bits & ~0x1fffu);
}

/** A(row, k) of a product of TF32: a lane has k t of rows g and g + 8, then k t + 4. */
float leftTf32(const Factors* lanes, int row, int k) {
    return tf32(lanes[row % 8 * 4 + k % 4].a[row / 8 + k / 4 * 2]);
}

float rightTf32(const Factors* lanes, int k, int column) {
    return tf32(lanes[column * 4 + k % 4].b[k / 4]);
}

}

void beginMatrixProducts() {
    memset(products, 0, sizeof products);
}

}

/** c += A·B: m16n8k16 of bf16 or m16n8k8 of TF32; c, a and b are this lane's parts. */
extern "C" __attribute__((visibility("default"))) void standinMma(int line, int bf16, float* c, const unsigned* a, const unsigned* b) {
    using namespace standin;
    int lane = current % 32;
    Factors* lanes = factors[current / 32][products[current]++ % 2];
    memcpy(lanes[lane].a, a, 4 * 4);
    memcpy(lanes[lane].b, b, 4 * 2);
    standinExchange(line, 0, 0xffffffffu, 0, 0);
    for (int i = 0; i < 4; i++) {
        int row = lane / 4 + i / 2 * 8;
        int column = lane % 4 * 2 + i % 2;
        for (int k = 0; k < (bf16 ? 16 : 8); k++) {
            c[i] += bf16 ? leftBf16(lanes, row, k) * rightBf16(lanes, k, column) : leftTf32(lanes, row, k) * rightTf32(lanes, k, column);
        }
    }
}
