package org.rlr.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The benchmarks of this module, one row for each combination of their parameters; the implementation ({@code impl}) is
 * a column.
 */
final class Cells {
    static final String IMPLEMENTATION = "impl";
    static final String OURS = "rlr";
    /** Has no row; every floor is computed from it. */
    static final String PEAKS = PeakBenchmark.class.getSimpleName();

    /**
     * A row.
     *
     * @param jmhName class and method as JMH names them; the benchmark's name if it does not use JMH
     * @param benchmark {@code Class.method}
     * @param params its parameters without the implementation
     * @param hasPeers whether the benchmark has a parameter for the implementation
     * @param implementations the requested implementations, ours first; some may be absent
     */
    record Row(
            String jmhName,
            String benchmark,
            Map<String, String> params,
            boolean hasPeers,
            List<String> implementations) {

        /** The label in the table. */
        String label() {
            return Stream.concat(
                            Stream.of(benchmark.replace("Benchmark.", ".")
                                    + (unit().equals("ms") ? "" : " in " + unit())),
                            params.entrySet().stream()
                                    .filter(p -> !(p.getKey().equals("threads")
                                            && p.getValue().equals("0")))
                                    .filter(p -> !(p.getKey().equals("device")
                                            && p.getValue().equals("cpu")))
                                    .map(p -> p.getKey() + "=" + p.getValue()))
                    .collect(Collectors.joining(" "));
        }

        /** The unit of the row's figures; if it is not milliseconds, the label has it. */
        String unit() {
            return benchmark.endsWith(".memory") ? "MiB" : "ms";
        }

        private Map<String, String> with(String implementation) {
            Map<String, String> all = new TreeMap<>(params);
            all.put(IMPLEMENTATION, implementation);
            return all;
        }
    }

    /** The extent of a run. */
    enum Extent {
        /** Rows that together take less than ten minutes. */
        USUAL,
        /** Also rows requested by name that take longer. */
        NAMED,
        /** Also {@link Catalogue#PUBLISHED}, and batches. */
        BOTH_STYLES,
        /** Every setting and implementation. */
        FULL
    }

    private Cells() {}

    /**
     * The rows whose label matches.
     *
     * @param override fixed values of parameters
     */
    static List<Row> matching(String regex, Extent extent, Map<String, String> override) {
        Pattern pattern = Pattern.compile(regex);
        List<Row> rows = new ArrayList<>();
        for (BenchmarkListEntry e : BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())) {
            String name = e.getUsername();
            String benchmark = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
            if (benchmark.startsWith(PEAKS + ".")) {
                continue;
            }
            Map<String, String[]> values = new TreeMap<>(e.getParams().orElse(Map.of()));
            String[] implementations = values.remove(IMPLEMENTATION);
            override.forEach((key, value) -> values.computeIfPresent(key, (k, v) -> new String[] {value}));
            Catalogue.Entry entry = Catalogue.of(benchmark);
            for (Map<String, String> params : combinations(values)) {
                Row candidate = new Row(
                        name,
                        benchmark,
                        params,
                        implementations != null,
                        implementations == null ? List.of(OURS) : List.of(implementations));
                List<String> kept = candidate.implementations().stream()
                        .filter(i -> runs(new Catalogue.Cell(candidate.with(i)), entry, extent))
                        .toList();
                if (kept.contains(OURS) && pattern.matcher(candidate.label()).find()) {
                    rows.add(new Row(name, benchmark, params, implementations != null, kept));
                }
            }
        }
        rows.sort(java.util.Comparator.comparing(r -> order(r.benchmark())));
        return rows;
    }

    private static boolean runs(Catalogue.Cell cell, Catalogue.Entry entry, Extent extent) {
        return switch (extent) {
            case FULL -> true;
            case BOTH_STYLES -> entry.chosen().test(cell);
            case NAMED -> entry.chosen().test(cell) && !published(cell);
            case USUAL -> entry.chosen().test(cell) && entry.usual().test(cell) && !published(cell);
        };
    }

    private static boolean published(Catalogue.Cell cell) {
        return Catalogue.PUBLISHED.equals(cell.get(IMPLEMENTATION));
    }

    /** The order of a benchmark: parts first, the whole last. */
    private static int order(String benchmark) {
        List<String> classes = List.of("Gemm", "Attention", "Step", "Level", "Backbone", "Detect", "ColdStart");
        int place =
                classes.indexOf(benchmark.substring(0, benchmark.indexOf('.')).replace("Benchmark", ""));
        return place < 0 ? classes.size() : place;
    }

    private static List<Map<String, String>> combinations(Map<String, String[]> values) {
        List<Map<String, String>> combinations = List.of(Map.of());
        for (Map.Entry<String, String[]> e : values.entrySet()) {
            List<Map<String, String>> longer = new ArrayList<>();
            for (Map<String, String> c : combinations) {
                for (String value : e.getValue()) {
                    Map<String, String> extended = new LinkedHashMap<>(c);
                    extended.put(e.getKey(), value);
                    longer.add(extended);
                }
            }
            combinations = longer;
        }
        return combinations;
    }

    /** All implementations in the rows. */
    static Set<String> implementations(List<Row> rows) {
        return rows.stream()
                .flatMap(r -> r.implementations().stream())
                .collect(Collectors.toCollection(java.util.TreeSet::new));
    }
}
