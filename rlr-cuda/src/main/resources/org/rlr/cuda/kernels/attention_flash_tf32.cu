// The kernels of attention_flash.cu with factors in TF32, for head dimensions 16, 32 and 64.
#include "attention_flash.cu"

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlash16(const TensorAttention a) {
    flash<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashQueries16(const TensorAttention a) {
    flashQueries<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashKeys16(const TensorAttention a) {
    flashKeys<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlash32(const TensorAttention a) {
    flash<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashQueries32(const TensorAttention a) {
    flashQueries<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashKeys32(const TensorAttention a) {
    flashKeys<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlash64(const TensorAttention a) {
    flash<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashQueries64(const TensorAttention a) {
    flashQueries<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionFlashKeys64(const TensorAttention a) {
    flashKeys<Tf32, 64>(a);
}
