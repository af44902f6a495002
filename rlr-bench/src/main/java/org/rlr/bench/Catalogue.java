package org.rlr.bench;

import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/** Data about each benchmark: its minimum work, and the settings that run by default. */
final class Catalogue {
    /** The public implementation's way, several times slower than any other. */
    static final String PUBLISHED = "torch-published";

    private static final double HEADS = 8;

    /**
     * One combination of a benchmark's parameters.
     *
     * @param params values by name; without the implementation if only the work is needed
     */
    record Cell(Map<String, String> params) {
        /** The value of a parameter. @throws IllegalArgumentException if the benchmark has no parameter of that name */
        String get(String name) {
            String value = params.get(name);
            if (value == null) {
                throw new IllegalArgumentException("there is no parameter " + name + " among " + params.keySet());
            }
            return value;
        }
    }

    /**
     * @param benchmark {@code Class.method}
     * @param chosen selects the settings that run by default
     * @param usual selects those that together take less than ten minutes
     */
    record Entry(String benchmark, Function<Cell, Work> work, Predicate<Cell> chosen, Predicate<Cell> usual) {}

    private static final Map<String, Entry> ENTRIES = Map.ofEntries(
            entry(
                    "GemmBenchmark.multiply",
                    p -> Work.flops(MatrixShape.parse(p.get("shape")).flops()),
                    p -> p.get("impl").equals("ejml")
                            ? p.get("shape").equals("NT/8192/256/72")
                            : !p.get("shape")
                                    .matches(
                                            "NT/8192/256/256|NT/8192/256/1024|NN/8192/256/1024|NT/2048/512/512|NT/2048/2048/512|TN/512/2048/2048|NT/1024/256/256")),
            entry(
                    "AttentionBenchmark.forward",
                    p -> Work.flops(4 * pairs(p)),
                    Catalogue::publishedGrid,
                    p -> largeGrid(p) || p.get("locality").equals("OUTSIDE")),
            entry(
                    "AttentionBenchmark.backward",
                    p -> Work.flops(10 * pairs(p)),
                    Catalogue::publishedGrid,
                    Catalogue::largeGrid),
            entry(
                    "StepBenchmark.linearGelu",
                    p -> Work.flops(2.0 * StepBenchmark.ROWS * StepBenchmark.WIDTH * StepBenchmark.HIDDEN),
                    p -> true),
            entry(
                    "StepBenchmark.layerNorm",
                    p -> new Work(0, 4.0 * 2 * StepBenchmark.ROWS * StepBenchmark.WIDTH),
                    p -> true),
            entry(
                    "StepBenchmark.loss",
                    p -> new Work(0, 4.0 * 5 * StepBenchmark.ROWS * StepBenchmark.WIDTH),
                    p -> true),
            entry(
                    "StepBenchmark.adam",
                    p -> new Work(0, 4.0 * 7 * StepBenchmark.ROWS * StepBenchmark.WIDTH),
                    p -> true),
            entry(
                    "LevelBenchmark.forward",
                    p -> Work.flops(levelForward(p)),
                    p -> !compiled(p) && !(p.get("impl").equals(PUBLISHED) && oneImage(p)),
                    Catalogue::oneImage),
            entry("LevelBenchmark.step", p -> Work.flops(3 * levelForward(p)), p -> !compiled(p), Catalogue::oneImage),
            entry(
                    "BackboneBenchmark.features",
                    p -> Work.UNKNOWN,
                    p -> oneImage(p) && !p.get("impl").equals(PUBLISHED),
                    p -> !p.get("backbone").startsWith("wide_resnet50_2")),
            entry("DetectBenchmark.detect", p -> Work.UNKNOWN, p -> true));

    private Catalogue() {}

    private static Map.Entry<String, Entry> entry(String name, Function<Cell, Work> work, Predicate<Cell> chosen) {
        return entry(name, work, chosen, p -> true);
    }

    private static Map.Entry<String, Entry> entry(
            String name, Function<Cell, Work> work, Predicate<Cell> chosen, Predicate<Cell> usual) {
        return Map.entry(name, new Entry(name, work, chosen, usual));
    }

    private static boolean compiled(Cell p) {
        return p.get("impl").equals("torch-compiled");
    }

    private static boolean oneImage(Cell p) {
        return p.get("images").equals("1");
    }

    /** The entry of {@code Class.method}; a benchmark not listed always runs and has no floor. */
    static Entry of(String benchmark) {
        return ENTRIES.getOrDefault(benchmark, new Entry(benchmark, p -> Work.UNKNOWN, p -> true, p -> true));
    }

    /** Whether these are the published grids of a training step; 64²/16 takes minutes. */
    private static boolean publishedGrid(Cell p) {
        return p.get("images").equals("4") && !p.get("shape").startsWith("64/");
    }

    private static boolean largeGrid(Cell p) {
        return p.get("shape").equals("32/32/7");
    }

    /** The number of query and key pairs that the pattern allows, times their width, over heads and images. */
    private static double pairs(Cell p) {
        String[] s = p.get("shape").split("/", -1);
        int side = Integer.parseInt(s[0]);
        double inside = inside(side, Integer.parseInt(s[2]));
        double met = p.get("locality").equals("INSIDE") ? inside : Math.pow(side, 4) - inside;
        return Integer.parseInt(p.get("images")) * HEADS * Integer.parseInt(s[1]) * met;
    }

    /** The number of token pairs inside each other's window, clipped at the border. */
    private static double inside(int side, int window) {
        double along = 0;
        for (int i = 0; i < side; i++) {
            along += Math.min(side - 1, i + window / 2) - Math.max(0, i - window / 2) + 1;
        }
        return along * along;
    }

    /**
     * The work of one level's forward pass: four layers, both attentions, FFN, embedding and projection, without the
     * parts that depend only on the reference.
     */
    private static double levelForward(Cell p) {
        String[] s = p.get("level").split("/", -1);
        int side = Integer.parseInt(s[0]);
        double channels = Integer.parseInt(s[1]);
        double d = Integer.parseInt(s[2]);
        double tokens = (double) side * side;
        // projections: q and out of mca, q, v and out of nsa; then d→4d→d
        double layer = 2 * tokens * d * d * (5 + 8) + 4 * d * tokens * tokens;
        return Integer.parseInt(p.get("images")) * (4 * layer + 4 * tokens * channels * d);
    }
}
