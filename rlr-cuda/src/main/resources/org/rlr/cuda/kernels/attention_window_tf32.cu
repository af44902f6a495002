// The kernels of attention_window.cu with factors in TF32, for head dimensions 16, 32 and 64.
#include "attention_window.cu"

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindow16(const TensorAttention a) {
    window<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowQueries16(const TensorAttention a) {
    windowQueries<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowKeys16(const TensorAttention a) {
    windowKeys<Tf32, 16>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindow32(const TensorAttention a) {
    window<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowQueries32(const TensorAttention a) {
    windowQueries<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowKeys32(const TensorAttention a) {
    windowKeys<Tf32, 32>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindow64(const TensorAttention a) {
    window<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowQueries64(const TensorAttention a) {
    windowQueries<Tf32, 64>(a);
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) attentionWindowKeys64(const TensorAttention a) {
    windowKeys<Tf32, 64>(a);
}
