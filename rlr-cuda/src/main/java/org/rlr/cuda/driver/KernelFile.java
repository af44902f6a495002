package org.rlr.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/** The kernels of one file, compiled when the first one is requested. */
public final class KernelFile implements AutoCloseable {
    private static final Pattern INCLUDE = Pattern.compile("(?m)^#include \"(\\w+\\.cu)\"$");

    private final Stream stream;
    private final KernelCompiler compiler;
    private final String name;
    private final String source;
    private final Map<String, Kernel> kernels = new HashMap<>();
    private @Nullable CUmodule module;

    /**
     * @param owner a class; the file is in the folder {@code kernels} beside it
     * @param prelude text inserted before the file's text
     */
    public KernelFile(Stream stream, KernelCompiler compiler, Class<?> owner, String name, String prelude) {
        this.stream = stream;
        this.compiler = compiler;
        this.name = name;
        this.source = prelude + text(owner, name);
    }

    /**
     * A kernel file's text, with each line {@code #include "other.cu"} replaced by that file's text: NVRTC gets no
     * headers.
     */
    public static String text(Class<?> owner, String name) {
        return INCLUDE.matcher(ownText(owner, name)).replaceAll(m -> Matcher.quoteReplacement(text(owner, m.group(1))));
    }

    private static String ownText(Class<?> owner, String name) {
        try (InputStream in = owner.getResourceAsStream("kernels/" + name)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no kernel file " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A kernel by its name. */
    public synchronized Kernel kernel(String kernel) {
        return kernels.computeIfAbsent(kernel, k -> {
            Signature signature = Signature.of(source, k);
            if (module == null) {
                module = compiler.load(name, source);
            }
            CUfunction function = new CUfunction();
            try {
                JCudaDriver.cuModuleGetFunction(function, module, k);
            } catch (CudaException e) {
                throw CudaFailure.of("looking for kernel " + k + " in " + name, e);
            }
            return new Kernel(k, signature, function, stream);
        });
    }

    @Override
    public synchronized void close() {
        if (module != null) {
            stream.context().enter();
            JCudaDriver.cuModuleUnload(module);
            module = null;
        }
        kernels.clear();
    }
}
