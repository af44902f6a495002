package org.rlr.cuda.standin;

import java.util.function.Supplier;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.driver.Context;
import org.rlr.cuda.driver.DeviceAllocator;
import org.rlr.cuda.driver.Kernel;
import org.rlr.cuda.driver.KernelCompiler;
import org.rlr.cuda.driver.KernelFile;
import org.rlr.cuda.driver.Stream;
import org.rlr.cuda.driver.Transfers;

/** A kernel file on the stand-in, with everything to run its kernels on a debug stream. */
public final class KernelFixture implements AutoCloseable {
    private final Context context;
    private final Stream stream;
    private final KernelFile file;
    /** The transfers of the stream. */
    public final Transfers transfers;
    /** The allocator of the stream. */
    public final DeviceAllocator allocator;

    /**
     * Loads the stand-in; skips the calling test if it cannot be built.
     *
     * @param owner a class; the file is in the folder {@code kernels} beside it
     * @param prelude text inserted before the file's text; called after the stand-in is loaded
     */
    public KernelFixture(Class<?> owner, String name, Supplier<String> prelude) {
        StandIn.load();
        context = new Context(Card.of(0));
        stream = new Stream(context, true);
        transfers = new Transfers(stream);
        allocator = new DeviceAllocator(stream);
        file = new KernelFile(stream, new KernelCompiler(context), owner, name, prelude.get());
    }

    /** A kernel of the file. */
    public Kernel kernel(String name) {
        return file.kernel(name);
    }

    @Override
    public void close() {
        file.close();
        allocator.close();
        transfers.close();
        stream.close();
        context.close();
    }
}
