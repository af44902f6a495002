package org.rlr.bench;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;

/** Results side by side: a line for each benchmark and its parameters, a column for each implementation. */
final class ResultTable {
    private static final String OURS = "rlr";
    private static final String IMPLEMENTATION = "impl";

    private final Map<String, Map<String, Double>> rows = new LinkedHashMap<>();

    static ResultTable of(Collection<RunResult> results) {
        ResultTable table = new ResultTable();
        for (RunResult r : results) {
            BenchmarkParams p = r.getParams();
            String name = p.getBenchmark().substring(p.getBenchmark().lastIndexOf('.', p.getBenchmark().lastIndexOf('.') - 1) + 1);
            String settings = p.getParamsKeys().stream().filter(k -> !k.equals(IMPLEMENTATION)).map(k -> k + "=" + p.getParam(k))
                    .collect(Collectors.joining(" "));
            String impl = p.getParamsKeys().contains(IMPLEMENTATION) ? p.getParam(IMPLEMENTATION) : OURS;
            double fastest = r.getBenchmarkResults().stream().flatMap(b -> b.getIterationResults().stream())
                    .mapToDouble(i -> i.getPrimaryResult().getScore()).min().orElse(Double.NaN);
            table.add(name + " " + settings, impl, fastest);
        }
        return table;
    }

    void add(String row, String impl, double milliseconds) {
        rows.computeIfAbsent(row, k -> new TreeMap<>()).put(impl, milliseconds);
    }

    @Override
    public String toString() {
        TreeSet<String> peers = rows.values().stream().flatMap(m -> m.keySet().stream()).filter(k -> !k.equals(OURS))
                .collect(Collectors.toCollection(TreeSet::new));
        int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT, "%-" + Math.max(1, width) + "s %10s", "", OURS));
        for (String peer : peers) {
            out.append(String.format(Locale.ROOT, " %10s %7s", peer, "ratio"));
        }
        out.append(System.lineSeparator());
        rows.forEach((row, times) -> {
            double ours = times.getOrDefault(OURS, Double.NaN);
            out.append(String.format(Locale.ROOT, "%-" + width + "s %10s", row, number(ours)));
            for (String peer : peers) {
                double theirs = times.getOrDefault(peer, Double.NaN);
                out.append(String.format(Locale.ROOT, " %10s %7s", number(theirs), number(ours / theirs)));
            }
            out.append(System.lineSeparator());
        });
        return out.toString();
    }

    private static String number(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, "%.3f", x);
    }
}
