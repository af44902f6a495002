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

/**
 * The program's standard output, which remembers that something could not be written there: Java's own drops what goes
 * to a full disk and says nothing.
 */
final class StandardOutput extends OutputStream {
    /** What a file descriptor is connected to, on Linux. */
    private static final Path LINK = Path.of("/proc/self/fd/1");

    /** Why something could not be written; empty where its reader has enough. */
    private static volatile @Nullable String failure;

    private final OutputStream to;

    private StandardOutput(OutputStream to) {
        this.to = to;
    }

    /** Puts it in the place of {@link System#out}. */
    static void install() {
        String encoding = System.getProperty("stdout.encoding");
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
        System.setOut(new PrintStream(
                new StandardOutput(out),
                false,
                encoding == null ? Charset.defaultCharset() : Charset.forName(encoding)));
    }

    /** Whether something could not be written; what follows is dropped. */
    static boolean lost() {
        return failure != null;
    }

    /**
     * Writes what is left.
     *
     * @return the exit code: {@code code}, but failure where a successful command's output is lost. A reader that has
     *     enough, as {@code head}, is no failure.
     */
    static int end(int code, PrintWriter err) {
        System.out.flush();
        String why = failure;
        if (code != 0 || why == null || why.isEmpty()) {
            return code;
        }
        Main.error(err, "cannot write to standard output: " + why + "; its end is missing");
        return Main.FAILURE;
    }

    /** Whether a file could not be written because it is a pipe whose reader has enough, as /dev/stdout can be. */
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
            // the system's words depend on the locale
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
