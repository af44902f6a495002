package org.rlr.model.cli;

import java.io.Console;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Shows progress on standard error: a bar on a terminal, or a line every ten seconds elsewhere, as in a log. */
final class ProgressBars {
    private static final int TERMINAL_INTERVAL_MS = 500;
    private static final int LOG_INTERVAL_MS = 10_000;
    private static final int LOG_WIDTH = 120;

    private ProgressBars() {}

    /**
     * Returns a bar for images.
     *
     * @param total number of images
     */
    static ProgressBar images(String task, long total) {
        return of(task, total, " images", 1).build();
    }

    /**
     * Returns a builder of a bar.
     *
     * @param total total number of units; -1 if not known yet
     * @param unit name of the unit
     * @param size size of one unit in steps
     */
    static ProgressBarBuilder of(String task, long total, String unit, long size) {
        ProgressBarBuilder bar = new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(unit, size)
                .setStyle(ProgressBarStyle.ASCII);
        return terminal()
                ? bar.setUpdateIntervalMillis(TERMINAL_INTERVAL_MS)
                : bar.setUpdateIntervalMillis(LOG_INTERVAL_MS)
                        .setConsumer(new DelegatingProgressBarConsumer(
                                line -> System.err.println(line.stripTrailing()), LOG_WIDTH));
    }

    /** Returns whether the program runs on a terminal. */
    @SuppressWarnings("SystemConsoleNull") // JDK 22 and later always have a console, which is then asked
    private static boolean terminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console); // since JDK 22
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
