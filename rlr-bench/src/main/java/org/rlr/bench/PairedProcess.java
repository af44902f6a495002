package org.rlr.bench;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * All implementations of one row of the table in one JVM, called in turn: if the machine's speed changes, it changes
 * for all alike. Prints a line per implementation with the milliseconds of every round.
 */
final class PairedProcess {
    private static final double WARM_UP_SECONDS = 8;
    /** Shorter calls are repeated until a measurement takes this long. */
    private static final double LEAST_MS = 20;
    /**
     * OpenMP threads spin while they wait for work, for 200 ms in Intel's runtime, and would take a core from the next
     * implementation.
     */
    private static final long PAUSE_MS = 250;
    /** For longer calls the first after a pause counts: waking up makes no difference to them. */
    private static final double LONG_MS = 1000;

    private PairedProcess() {}

    /** A JMH benchmark with its fields set, called without JMH. */
    private record Cell(Object benchmark, Method call) {
        static Cell of(String className, String method, String implementation, List<String> params)
                throws ReflectiveOperationException {
            Class<?> type = Class.forName(className);
            Object benchmark = type.getConstructor().newInstance();
            set(benchmark, Cells.IMPLEMENTATION, implementation);
            for (String p : params) {
                set(benchmark, p.substring(0, p.indexOf('=')), p.substring(p.indexOf('=') + 1));
            }
            for (Method m : type.getMethods()) {
                if (m.isAnnotationPresent(Setup.class)) {
                    m.invoke(
                            benchmark,
                            m.getParameterCount() == 0
                                    ? new Object[0]
                                    : new Object[] {named(className + "." + method)});
                }
            }
            return new Cell(benchmark, type.getMethod(method));
        }

        @SuppressWarnings({"unchecked", "rawtypes"}) // the constant's type is the field's type
        private static void set(Object benchmark, String field, String value) throws ReflectiveOperationException {
            var f = benchmark.getClass().getField(field);
            Object converted = f.getType() == int.class
                    ? (Object) Integer.parseInt(value)
                    : f.getType().isEnum() ? Enum.valueOf((Class) f.getType(), value) : value;
            f.set(benchmark, converted);
        }

        /** JMH's description of a run; only the name is used. */
        private static BenchmarkParams named(String name) {
            IterationParams none = new IterationParams(IterationType.WARMUP, 1, TimeValue.NONE, 1);
            return new BenchmarkParams(
                    name,
                    "",
                    false,
                    1,
                    new int[] {1},
                    List.of(),
                    1,
                    0,
                    none,
                    none,
                    Mode.AverageTime,
                    null,
                    TimeUnit.MILLISECONDS,
                    1,
                    "",
                    List.of(),
                    "",
                    "",
                    "",
                    "",
                    TimeValue.NONE);
        }

        /** Measures calls after a pause and, unless calls are long, after an uncounted call. */
        double inTurn(int calls, double milliseconds) throws ReflectiveOperationException, InterruptedException {
            Thread.sleep(PAUSE_MS);
            if (milliseconds < LONG_MS) {
                milliseconds(1);
            }
            return milliseconds(calls);
        }

        double milliseconds(int calls) throws ReflectiveOperationException {
            long start = System.nanoTime();
            for (int i = 0; i < calls; i++) {
                call.invoke(benchmark);
            }
            return (System.nanoTime() - start) / 1e6 / calls;
        }

        void close() throws ReflectiveOperationException {
            for (Method m : benchmark.getClass().getMethods()) {
                if (m.isAnnotationPresent(TearDown.class)) {
                    m.invoke(benchmark);
                }
            }
        }
    }

    /**
     * Arguments: class, method, rounds, implementations separated by commas (ours first), then each
     * {@code parameter=value}.
     */
    public static void main(String[] args) throws ReflectiveOperationException, InterruptedException {
        int rounds = Integer.parseInt(args[2]);
        List<Cell> cells = new ArrayList<>();
        for (String implementation : args[3].split(",", -1)) {
            cells.add(Cell.of(
                    args[0], args[1], implementation, Arrays.asList(args).subList(4, args.length)));
        }
        long start = System.nanoTime();
        do {
            cells.get(0).milliseconds(1);
        } while (System.nanoTime() - start < WARM_UP_SECONDS * 1e9);
        int[] calls = new int[cells.size()];
        double[] once = new double[cells.size()];
        for (int i = 0; i < calls.length; i++) {
            once[i] = Math.min(cells.get(i).milliseconds(1), cells.get(i).milliseconds(1));
            calls[i] = (int) Math.max(1, Math.ceil(LEAST_MS / once[i]));
        }
        double[][] times = new double[cells.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < calls.length; i++) {
                times[i][round] = cells.get(i).inTurn(calls[i], once[i]);
            }
        }
        for (double[] row : times) {
            System.out.println("ms " + Arrays.toString(row).replaceAll("[\\[\\],]", ""));
        }
        for (Cell cell : cells) {
            cell.close();
        }
    }
}
