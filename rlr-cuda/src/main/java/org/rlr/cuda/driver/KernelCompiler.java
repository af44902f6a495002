package org.rlr.cuda.driver;

import java.util.Arrays;
import java.util.Optional;
import jcuda.CudaException;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;
import org.rlr.tensor.ResourceException;

/** Compiles kernel files with NVRTC to machine code for the card, or reads it from the cache, and loads it. */
public final class KernelCompiler {
    private final Context context;
    private final KernelCache cache = new KernelCache();
    private final String nvrtc;
    private final String[] options;

    /** @throws ResourceException if NVRTC knows no architecture that runs on the card */
    public KernelCompiler(Context context) {
        this.context = context;
        nvrtc = version();
        options = new String[] {"--gpu-architecture=sm_" + architecture(context.card()), "--std=c++17"};
    }

    private static String version() {
        int[] major = new int[1];
        int[] minor = new int[1];
        JNvrtc.nvrtcVersion(major, minor);
        return major[0] + "." + minor[0];
    }

    /**
     * The architecture to compile for, as in 90 of sm_90: the newest that NVRTC knows and the card runs. Machine code
     * also runs on later cards of the same major number.
     *
     * @throws ResourceException if NVRTC knows no such architecture
     */
    public static int architecture(Card card) {
        int[] count = new int[1];
        JNvrtc.nvrtcGetNumSupportedArchs(count);
        int[] known = new int[count[0]];
        JNvrtc.nvrtcGetSupportedArchs(known);
        return Arrays.stream(known)
                .filter(a -> a / 10 == card.major() && a % 10 <= card.minor())
                .max()
                .orElseThrow(() -> new ResourceException(
                        ResourceException.Resource.BACKEND,
                        "NVRTC " + version() + " does not support compute capability " + card.major() + "."
                                + card.minor() + " of the card " + card.name() + ", only for "
                                + Arrays.toString(known),
                        "install the libraries of a CUDA 12 release that supports this card",
                        null));
    }

    /** The compiler version and options. */
    public String describe() {
        return "NVRTC " + nvrtc + " " + String.join(" ", options);
    }

    CUmodule load(String name, String source) {
        context.enter();
        String key = KernelCache.key(
                source,
                String.join(" ", options),
                nvrtc,
                context.card().major() + "." + context.card().minor());
        Optional<byte[]> kept = cache.read(key);
        if (kept.isPresent()) {
            try {
                return module(kept.get());
            } catch (CudaException damaged) {
                cache.forget(key);
            }
        }
        byte[] cubin = compile(name, source);
        cache.write(key, cubin);
        try {
            return module(cubin);
        } catch (CudaException e) {
            throw CudaFailure.of("loading kernels " + name, e);
        }
    }

    private static CUmodule module(byte[] cubin) {
        CUmodule module = new CUmodule();
        JCudaDriver.cuModuleLoadData(module, cubin);
        return module;
    }

    private byte[] compile(String name, String source) {
        nvrtcProgram program = new nvrtcProgram();
        JNvrtc.nvrtcCreateProgram(program, source, name, 0, null, null);
        try {
            JNvrtc.nvrtcCompileProgram(program, options.length, options);
            long[] size = new long[1];
            JNvrtc.nvrtcGetCUBINSize(program, size);
            byte[] cubin = new byte[Math.toIntExact(size[0])];
            JNvrtc.nvrtcGetCUBIN(program, cubin);
            return cubin;
        } catch (CudaException e) {
            String[] log = new String[1];
            JNvrtc.nvrtcGetProgramLog(program, log);
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "NVRTC " + nvrtc + " cannot compile kernels " + name + " (" + e.getMessage() + "):\n" + log[0],
                    "",
                    e);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }
}
