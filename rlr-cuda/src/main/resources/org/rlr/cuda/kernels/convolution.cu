// Convolutions and pooling, channels last, by their definition, if cuDNN does not compute them: one thread for each
// output value. Launcher: CudaConvolution; reference: ReferenceConvolution.

/** Input [images, height, width, channels], output [images, outHeight, outWidth, outChannels], weights [outChannels, kernel, kernel, channels/groups]. */
struct Conv { const float* x; const float* w; const float* bias; float* y; int images; int height; int width; int channels; int outHeight;
    int outWidth; int outChannels; int kernel; int stride; int top; int left; int groups; int op; };

extern "C" __global__ void conv2d(const Conv a) {
    unsigned i = threadNumber();
    if (i >= (unsigned) a.images * a.outHeight * a.outWidth * a.outChannels) {
        return;
    }
    int o = i % a.outChannels;
    int ox = i / a.outChannels % a.outWidth;
    int oy = i / a.outChannels / a.outWidth % a.outHeight;
    int image = i / a.outChannels / a.outWidth / a.outHeight;
    int perGroup = a.channels / a.groups;
    int first = o / (a.outChannels / a.groups) * perGroup;
    float sum = 0;
    for (int ky = 0; ky < a.kernel; ky++) {
        int iy = oy * a.stride - a.top + ky;
        if (iy < 0 || iy >= a.height) {
            continue;
        }
        for (int kx = 0; kx < a.kernel; kx++) {
            int ix = ox * a.stride - a.left + kx;
            if (ix < 0 || ix >= a.width) {
                continue;
            }
            const float* x = a.x + (((int64) image * a.height + iy) * a.width + ix) * a.channels + first;
            const float* w = a.w + (((int64) o * a.kernel + ky) * a.kernel + kx) * perGroup;
            for (int c = 0; c < perGroup; c++) {
                sum += x[c] * w[c];
            }
        }
    }
    if (a.bias) {
        sum += a.bias[o];
    }
    a.y[i] = unaryValue(a.op, sum);
}

/** Gradient of the input: x is the result here, y the upstream gradient. */
struct ConvInput { const float* dy; const float* w; float* dx; int images; int height; int width; int channels; int outHeight; int outWidth;
    int outChannels; int kernel; int stride; int top; int left; int groups; int accumulate; };
extern "C" __global__ void conv2dInput(const ConvInput a) {
    unsigned i = threadNumber();
    if (i >= (unsigned) a.images * a.height * a.width * a.channels) {
        return;
    }
    int c = i % a.channels;
    int ix = i / a.channels % a.width;
    int iy = i / a.channels / a.width % a.height;
    int image = i / a.channels / a.width / a.height;
    int perGroup = a.channels / a.groups;
    int outPerGroup = a.outChannels / a.groups;
    int firstOut = c / perGroup * outPerGroup;
    float sum = 0;
    for (int ky = 0; ky < a.kernel; ky++) {
        int y = iy + a.top - ky;
        if (y < 0 || y % a.stride != 0 || y / a.stride >= a.outHeight) {
            continue;
        }
        for (int kx = 0; kx < a.kernel; kx++) {
            int x = ix + a.left - kx;
            if (x < 0 || x % a.stride != 0 || x / a.stride >= a.outWidth) {
                continue;
            }
            const float* dy = a.dy + (((int64) image * a.outHeight + y / a.stride) * a.outWidth + x / a.stride) * a.outChannels;
            for (int o = firstOut; o < firstOut + outPerGroup; o++) {
                sum += dy[o] * a.w[(((int64) o * a.kernel + ky) * a.kernel + kx) * perGroup + c % perGroup];
            }
        }
    }
    store(a.dx + i, sum, a.accumulate);
}

/** Gradient of the weights: one warp for each weight; its lanes share the output positions. */
struct ConvWeights { const float* x; const float* dy; float* dw; int images; int height; int width; int channels; int outHeight; int outWidth;
    int outChannels; int kernel; int stride; int top; int left; int groups; int accumulate; };
extern "C" __global__ void conv2dWeights(const ConvWeights a) {
    int64 i = warpNumber();
    int perGroup = a.channels / a.groups;
    if (i >= (int64) a.outChannels * a.kernel * a.kernel * perGroup) {
        return;
    }
    int kx = i / perGroup % a.kernel;
    int ky = i / perGroup / a.kernel % a.kernel;
    int o = i / perGroup / a.kernel / a.kernel;
    int c = o / (a.outChannels / a.groups) * perGroup + i % perGroup;
    int positions = a.images * a.outHeight * a.outWidth;
    float sum = 0;
    for (int p = laneNumber(); p < positions; p += 32) {
        int iy = p / a.outWidth % a.outHeight * a.stride - a.top + ky;
        int ix = p % a.outWidth * a.stride - a.left + kx;
        if (iy >= 0 && iy < a.height && ix >= 0 && ix < a.width) {
            int image = p / a.outWidth / a.outHeight;
            sum += a.dy[(int64) p * a.outChannels + o] * a.x[(((int64) image * a.height + iy) * a.width + ix) * a.channels + c];
        }
    }
    sum = warpSum(sum);
    if (laneNumber() == 0) {
        store(a.dw + i, sum, a.accumulate);
    }
}

/**
 * Images and padded copies (windows): position (0, 0) of a window is position (-top, -left) of its image; outside the
 * image it is zero. Launcher: CudaDnn; reference: ReferenceConvolution, with different padding on both sides.
 */
struct Window { const float* x; float* y; int n; int height; int width; int channels; int windowHeight; int windowWidth; int top; int left;
    int accumulate; };
/** The windows y of images x. */
extern "C" __global__ void toWindow(const Window a) {
    unsigned i = threadNumber();
    if (i >= a.n) {
        return;
    }
    unsigned p = i / a.channels;
    int column = (int) (p % a.windowWidth) - a.left;
    int row = (int) (p / a.windowWidth % a.windowHeight) - a.top;
    int64 image = p / a.windowWidth / a.windowHeight;
    bool inside = row >= 0 && row < a.height && column >= 0 && column < a.width;
    store(a.y + i, inside ? a.x[((image * a.height + row) * a.width + column) * a.channels + i % a.channels] : 0, a.accumulate);
}
/** Images y whose windows are x, zero outside them. */
extern "C" __global__ void fromWindow(const Window a) {
    unsigned i = threadNumber();
    if (i >= a.n) {
        return;
    }
    unsigned p = i / a.channels;
    int column = (int) (p % a.width) + a.left;
    int row = (int) (p / a.width % a.height) + a.top;
    int64 image = p / a.width / a.height;
    bool inside = row < a.windowHeight && column < a.windowWidth;
    store(a.y + i, inside ? a.x[((image * a.windowHeight + row) * a.windowWidth + column) * a.channels + i % a.channels] : 0, a.accumulate);
}

/** The average of side·side positions, including zeros outside the image. */
struct AveragePool { const float* x; float* y; int n; int height; int width; int channels; int side; int accumulate; };
extern "C" __global__ void averagePool(const AveragePool a) {
    unsigned i = threadNumber();
    if (i >= a.n) {
        return;
    }
    int c = i % a.channels;
    int px = i / a.channels % a.width;
    int py = i / a.channels / a.width % a.height;
    const float* image = a.x + (int64) (i / a.channels / a.width / a.height) * a.height * a.width * a.channels + c;
    int half = a.side / 2;
    float sum = 0;
    for (int y = max(0, py - half); y <= min(a.height - 1, py + half); y++) {
        for (int x = max(0, px - half); x <= min(a.width - 1, px + half); x++) {
            sum += image[((int64) y * a.width + x) * a.channels];
        }
    }
    store(a.y + i, sum * (1.0f / (a.side * a.side)), a.accumulate);
}

/** The maximum of kernel·kernel positions inside the image. */
struct MaxPool { const float* x; float* y; int n; int height; int width; int channels; int outHeight; int outWidth; int kernel; int stride; int top;
    int left; };
extern "C" __global__ void maxPool(const MaxPool a) {
    unsigned i = threadNumber();
    if (i >= a.n) {
        return;
    }
    int c = i % a.channels;
    int ox = i / a.channels % a.outWidth;
    int oy = i / a.channels / a.outWidth % a.outHeight;
    const float* image = a.x + (int64) (i / a.channels / a.outWidth / a.outHeight) * a.height * a.width * a.channels + c;
    float best = -INFINITE;
    for (int y = max(0, oy * a.stride - a.top); y < min(a.height, oy * a.stride - a.top + a.kernel); y++) {
        for (int x = max(0, ox * a.stride - a.left); x < min(a.width, ox * a.stride - a.left + a.kernel); x++) {
            float v = image[((int64) y * a.width + x) * a.channels];
            if (v > best || v != v) {
                best = v;
            }
        }
    }
    a.y[i] = best;
}
