package org.rlr.bench;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.rlr.bench.Cells.Row;

/**
 * A table with a line for each benchmark and its settings, a column for each implementation with the ratio of ours to
 * it, and the floor. A figure is the fastest iteration, since other work on the machine only adds time.
 */
final class ResultTable {
    private final Map<String, String> absent;
    private final Map<Row, Map<String, List<Double>>> times = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();
    private double flopsPerSecond = Double.NaN;
    private double bytesPerSecond = Double.NaN;

    /** @param absent the absent implementations, each with the reason */
    ResultTable(Map<String, String> absent) {
        this.absent = absent;
    }

    boolean present(String implementation) {
        return !absent.containsKey(implementation);
    }

    /** Adds a measurement of the machine's peaks; the highest of several counts. */
    void peaks(double flops, double bytes) {
        flopsPerSecond = Double.isNaN(flopsPerSecond) ? flops : Math.max(flopsPerSecond, flops);
        bytesPerSecond = Double.isNaN(bytesPerSecond) ? bytes : Math.max(bytesPerSecond, bytes);
    }

    void add(Row row, String implementation, double... milliseconds) {
        List<Double> list = times.computeIfAbsent(row, k -> new LinkedHashMap<>())
                .computeIfAbsent(implementation, k -> new ArrayList<>());
        Arrays.stream(milliseconds).forEach(list::add);
    }

    /** Adds an implementation that is present but failed in a row. */
    void failed(Row row, String implementation, String why) {
        failures.add(implementation + " in " + row.label() + ": " + why);
    }

    /** Whether every implementation present succeeded in every row. */
    boolean complete() {
        return failures.isEmpty();
    }

    private double fastest(Row row, String implementation) {
        return times.getOrDefault(row, Map.of()).getOrDefault(implementation, List.of()).stream()
                .mapToDouble(x -> x)
                .min()
                .orElse(Double.NaN);
    }

    private double floor(Row row) {
        return Catalogue.of(row.benchmark())
                .work()
                .apply(new Catalogue.Cell(row.params()))
                .floor(flopsPerSecond, bytesPerSecond);
    }

    @Override
    public String toString() {
        Set<String> others = new TreeSet<>();
        times.values().forEach(m -> others.addAll(m.keySet()));
        others.remove(Cells.OURS);
        int width =
                times.keySet().stream().mapToInt(r -> r.label().length()).max().orElse(1);
        StringBuilder out = new StringBuilder(String.format(
                Locale.ROOT, "%-" + width + "s %9s %9s %6s", "milliseconds", Cells.OURS, "floor", "share"));
        for (String other : others) {
            out.append(String.format(Locale.ROOT, "  %" + columnWidth(other) + "s %6s", other, "ratio"));
        }
        out.append(System.lineSeparator());
        for (Row row : times.keySet()) {
            double ours = fastest(row, Cells.OURS);
            out.append(String.format(
                    Locale.ROOT,
                    "%-" + width + "s %9s %9s %6s",
                    row.label(),
                    time(ours),
                    time(floor(row)),
                    percent(floor(row) / ours)));
            for (String other : others) {
                double theirs = fastest(row, other);
                out.append(String.format(
                        Locale.ROOT, "  %" + columnWidth(other) + "s %6s", time(theirs), ratio(ours / theirs)));
            }
            out.append(System.lineSeparator());
        }
        out.append(String.format(
                Locale.ROOT,
                "Fastest iteration; ratio: our time to theirs, below 1 ours is faster. Floor: arithmetic at %.0f "
                        + "GFLOP/s or memory at %.1f GB/s, as measured here.%n",
                flopsPerSecond / 1e9,
                bytesPerSecond / 1e9));
        absent.forEach((who, why) ->
                out.append("Absent: ").append(who).append(": ").append(why).append(System.lineSeparator()));
        failures.forEach(f -> out.append("FAILED: ").append(f).append(System.lineSeparator()));
        out.append("Java ")
                .append(Runtime.version())
                .append(", ")
                .append(Runtime.getRuntime().availableProcessors())
                .append(" cores")
                .append(System.lineSeparator());
        return out.toString();
    }

    private static int columnWidth(String name) {
        return Math.max(9, name.length());
    }

    private static String time(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, x < 10 ? "%.3f" : "%.1f", x);
    }

    private static String ratio(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, "%.2f", x);
    }

    private static String percent(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * x);
    }

    /** Writes the table and every iteration's time as JSON. */
    void write(Path file) throws IOException {
        List<Map<String, Object>> rows = new ArrayList<>();
        times.forEach((row, results) -> {
            Map<String, Object> r = new LinkedHashMap<>();
            r.put("benchmark", row.benchmark());
            r.put("params", row.params());
            double floor = floor(row);
            if (!Double.isNaN(floor)) {
                r.put("floorMs", floor);
            }
            r.put(row.unit().equals("ms") ? "iterationsMs" : "iterations" + row.unit(), results);
            rows.add(r);
        });
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("java", Runtime.version().toString());
        document.put("cores", Runtime.getRuntime().availableProcessors());
        document.put("flopsPerSecond", flopsPerSecond);
        document.put("bytesPerSecond", bytesPerSecond);
        document.put("absent", absent);
        document.put("failed", failures);
        document.put("rows", rows);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, new GsonBuilder().setPrettyPrinting().create().toJson(document));
    }
}
