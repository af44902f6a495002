package org.rlr.model.cli;

import java.io.Console;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress on standard error: a bar that is drawn over itself on a terminal; a line every ten seconds where there is
 * none, as in a log.
 */
final class ProgressBars {
    private static final int TERMINAL_INTERVAL_MS = 500;
    private static final int LOG_INTERVAL_MS = 10_000;
    private static final int LOG_WIDTH = 120;

    private ProgressBars() {}

    /**
     * A bar for images.
     *
     * @param total how many there are
     */
    static ProgressBar images(String task, long total) {
        return of(task, total, " images", 1).build();
    }

    /**
     * A bar to be built.
     *
     * @param total -1 where it is not known yet
     * @param unit what is counted
     * @param size how much of it is one step
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

    /** Whether a person looks on. */
    @SuppressWarnings("SystemConsoleNull") // the console is asked where there always is one
    private static boolean terminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class
                    .getMethod("isTerminal")
                    .invoke(console); // since JDK 22 there is a console always, and this to ask it
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
