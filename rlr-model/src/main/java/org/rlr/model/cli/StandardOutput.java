package org.rlr.model.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.IoReason;

/** The program's standard output, which remembers failed writes: Java's own silently drops output to a full disk. */
final class StandardOutput extends OutputStream {
    /** Link to the target of standard output, on Linux. */
    private static final Path LINK = Path.of("/proc/self/fd/1");

    /** The reason of a failed write; empty if the reader closed the pipe. */
    private static volatile @Nullable String failure;

    private final OutputStream to;

    private StandardOutput(OutputStream to) {
        this.to = to;
    }

    /** Replaces {@link System#out}. */
    static void install() {
        String encoding = System.getProperty("stdout.encoding");
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
        System.setOut(new PrintStream(
                new StandardOutput(out),
                false,
                encoding == null ? Charset.defaultCharset() : Charset.forName(encoding)));
    }

    /** Returns whether a write failed; later output is dropped. */
    static boolean lost() {
        return failure != null;
    }

    /**
     * Flushes the output.
     *
     * @return the exit code: {@code code}, or failure if a successful command's output is lost. A pipe that its reader
     *     closed, such as {@code head}, does not count as a failure.
     */
    static int end(int code, PrintWriter err) {
        System.out.flush();
        String why = failure;
        if (code != 0 || why == null || why.isEmpty()) {
            return code;
        }
        Main.error(err, "cannot write to standard output: " + why + "; the output is incomplete");
        return Main.FAILURE;
    }

    /** Returns whether a write failed because the file is a pipe that its reader closed, as /dev/stdout can be. */
    static boolean readerIsGone(RlrException e) {
        return e instanceof ResourceException lack
                && lack.resource() == ResourceException.Resource.DISK
                && e.getCause() instanceof IOException why
                && speaksOfPipe(why);
    }

    private static boolean speaksOfPipe(IOException why) {
        return String.valueOf(why.getMessage()).toLowerCase(Locale.ROOT).contains("broken pipe");
    }

    private static boolean brokenPipe(IOException why) {
        try {
            // the system's message depends on the locale
            return speaksOfPipe(why)
                    || (Files.isSymbolicLink(LINK)
                            && Files.readSymbolicLink(LINK).toString().startsWith("pipe:"));
        } catch (IOException e) {
            return false;
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void keep(Step step) {
        if (failure == null) {
            try {
                step.run();
            } catch (IOException e) {
                failure = brokenPipe(e) ? "" : IoReason.of(e);
            }
        }
    }

    @Override
    public void write(int b) {
        keep(() -> to.write(b));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        keep(() -> to.write(bytes, offset, length));
    }

    @Override
    public void flush() {
        keep(to::flush);
    }
}
