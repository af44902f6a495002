// The kernels of attention_flash.cu with factors in TF32, for head dimensions 16, 32 and 64.
#include "attention_flash.cu"

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlash16(const TensorAttention a) {
    flash<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashQueries16(const TensorAttention a) {
    flashQueries<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashKeys16(const TensorAttention a) {
    flashKeys<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlash32(const TensorAttention a) {
    flash<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashQueries32(const TensorAttention a) {
    flashQueries<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashKeys32(const TensorAttention a) {
    flashKeys<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlash64(const TensorAttention a) {
    flash<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashQueries64(const TensorAttention a) {
    flashQueries<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) attentionFlashKeys64(const TensorAttention a) {
    flashKeys<Tf32, 64>(a);
}
