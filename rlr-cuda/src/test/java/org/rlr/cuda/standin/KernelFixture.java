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

/** A kernel file on the stand-in, and what it takes to run its kernels. The stream is one for debugging. */
public final class KernelFixture implements AutoCloseable {
    private final Context context;
    private final Stream stream;
    private final KernelFile file;
    /** Copies. */
    public final Transfers transfers;
    /** Memory. */
    public final DeviceAllocator allocator;

    /**
     * Loads the stand-in; the calling test is skipped where it cannot be built.
     *
     * @param owner beside whose package the file lies in {@code kernels}
     * @param prelude what files of that package begin with, asked for when the stand-in is there
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
