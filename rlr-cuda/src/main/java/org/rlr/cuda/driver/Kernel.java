package org.rlr.cuda.driver;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.JCudaDriver;

/** A kernel, ready to launch on a stream. */
public final class Kernel {
    /** The most bytes of arguments of a kernel. */
    private static final int MOST_BYTES = 1024;

    private final String name;
    private final Signature signature;
    private final CUfunction function;
    private final Stream stream;

    Kernel(String name, Signature signature, CUfunction function, Stream stream) {
        if (signature.bytes > MOST_BYTES) {
            throw new IllegalArgumentException("kernel " + name + " takes " + signature.bytes
                    + " bytes of arguments; the maximum is " + MOST_BYTES);
        }
        this.name = name;
        this.signature = signature;
        this.function = function;
        this.stream = stream;
    }

    /** Begins a launch: the arguments follow in the order of the struct's fields, then {@link Launch#run}. */
    public Launch launch() {
        Arguments room = stream.arguments().poll();
        return new Launch(this, room == null ? new Arguments() : room);
    }

    /**
     * Memory for the arguments of a launch, and JCuda's pointers to it. Creating a pointer costs several native calls,
     * so the stream reuses this memory. It is not thread-local, because the caller's threads may outlive the stream.
     */
    static final class Arguments {
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(MOST_BYTES).order(ByteOrder.nativeOrder());
        private final Pointer pointer = Pointer.to(Pointer.to(bytes));
    }

    /** A launch in preparation; it runs once. */
    public static final class Launch {
        private final Kernel kernel;
        private final Arguments room;
        private final ByteBuffer arguments;
        private int next;

        private Launch(Kernel kernel, Arguments room) {
            this.kernel = kernel;
            this.room = room;
            arguments = room.bytes;
        }

        private int field(Signature.Type type, int count) {
            Signature.Field field = next < kernel.signature.fields.size() ? kernel.signature.fields.get(next) : null;
            if (field == null || field.type() != type || field.count() != count) {
                throw new IllegalArgumentException("kernel " + kernel.name + ": argument " + next + " is " + count
                        + " of " + type + ", expected "
                        + (field == null
                                ? "none"
                                : field.count() + " of " + field.type() + ", '" + field.name() + "'"));
            }
            next++;
            return field.offset();
        }

        /** A device address, 0 for none. */
        public Launch pointer(long address) {
            arguments.putLong(field(Signature.Type.POINTER, 1), address);
            return this;
        }

        /** Device addresses, exactly as many as declared; 0 for none. */
        public Launch pointers(long[] addresses) {
            int offset = field(Signature.Type.POINTER, addresses.length);
            for (int i = 0; i < addresses.length; i++) {
                arguments.putLong(offset + 8 * i, addresses[i]);
            }
            return this;
        }

        /** An int. */
        public Launch put(int value) {
            arguments.putInt(field(Signature.Type.INT, 1), value);
            return this;
        }

        /** An int that is 1 or 0. */
        public Launch put(boolean value) {
            return put(value ? 1 : 0);
        }

        /** A float. */
        public Launch put(float value) {
            arguments.putFloat(field(Signature.Type.FLOAT, 1), value);
            return this;
        }

        /** A double. */
        public Launch put(double value) {
            arguments.putDouble(field(Signature.Type.DOUBLE, 1), value);
            return this;
        }

        /** A 64-bit int. */
        public Launch put(long value) {
            arguments.putLong(field(Signature.Type.LONG, 1), value);
            return this;
        }

        /** An array of ints of exactly the declared length. */
        public Launch put(int[] values) {
            int offset = field(Signature.Type.INT, values.length);
            for (int i = 0; i < values.length; i++) {
                arguments.putInt(offset + 4 * i, values[i]);
            }
            return this;
        }

        /** An array of floats of exactly the declared length. */
        public Launch put(float[] values) {
            int offset = field(Signature.Type.FLOAT, values.length);
            for (int i = 0; i < values.length; i++) {
                arguments.putFloat(offset + 4 * i, values[i]);
            }
            return this;
        }

        /**
         * Submits the kernel with {@code gridX·gridY} blocks of {@code block} threads; with 0 blocks, does nothing.
         *
         * @throws IllegalArgumentException if arguments are missing, or the launch has already run
         */
        public void run(long gridX, int gridY, int block) {
            if (next != kernel.signature.fields.size()) {
                throw new IllegalArgumentException("kernel " + kernel.name + " takes " + kernel.signature.fields.size()
                        + " arguments, but got " + next);
            }
            next = -1;
            try {
                if (gridX > 0 && gridY > 0) {
                    submit(gridX, gridY, block);
                }
            } finally {
                kernel.stream.arguments().offer(room);
            }
        }

        private void submit(long gridX, int gridY, int block) {
            kernel.stream.context().enter();
            try {
                JCudaDriver.cuLaunchKernel(
                        kernel.function,
                        Math.toIntExact(gridX),
                        gridY,
                        1,
                        block,
                        1,
                        1,
                        0,
                        kernel.stream.handle(),
                        room.pointer,
                        null);
                if (kernel.stream.debug()) {
                    JCudaDriver.cuStreamSynchronize(kernel.stream.handle());
                }
            } catch (CudaException e) {
                throw CudaFailure.of("kernel " + kernel.name, e);
            }
        }

        /** Submits the kernel with one thread for each of {@code threads}, in blocks of 256. */
        public void run(long threads) {
            run((threads + 255) / 256, 1, 256);
        }

        /** Submits the kernel with one warp for each of {@code warps}, in blocks of four. */
        public void runWarps(long warps) {
            run((warps + 3) / 4, 1, 128);
        }
    }
}
