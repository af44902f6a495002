package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rlr.bench.GpuRows.Row;
import org.rlr.tensor.io.AtomicFile;

/**
 * The report of {@code gpu/run}: the verdict of each part, and tables of the measurements. A section without
 * measurements says so.
 */
final class GpuReport {
    /** The summary: lines of part, verdict, seconds, reason. */
    static final String SUMMARY = "summary.tsv";
    /** Lines of a name and a value: card, driver, date, command. */
    static final String HOST = "host.tsv";

    static final String ROWS = "rows.jsonl";

    private static final String NOTHING = "\nNothing was measured; see the parts above.\n";
    private final StringBuilder out = new StringBuilder();
    private final List<Row> rows;
    private final Set<String> precisions = new LinkedHashSet<>();

    private GpuReport(List<Row> rows) {
        this.rows = rows;
        rows.forEach(r -> precisions.add(r.precision()));
    }

    /** Writes the report, replacing an earlier one. */
    static void write(Path parts, Path target) throws IOException {
        GpuReport report = new GpuReport(GpuRows.read(parts.resolve(ROWS)));
        report.head(lines(parts.resolve(HOST)), lines(parts.resolve(SUMMARY)));
        report.attention();
        report.beside();
        report.bandwidth();
        report.products();
        report.convolutions();
        report.model();
        AtomicFile.writeString(target, report.out.toString());
    }

    private static List<String[]> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(l -> l.split("\t", -1)).toList();
    }

    private void head(List<String[]> host, List<String[]> summary) {
        out.append("# Results on a card\n\n");
        host.forEach(
                h -> out.append("- ").append(h[0]).append(": ").append(h[1]).append('\n'));
        out.append("\n## Parts\n");
        table("part", "verdict", "seconds", "");
        summary.forEach(this::row);
    }

    private void table(String... columns) {
        out.append('\n');
        row((Object[]) columns);
        out.append("|---".repeat(columns.length)).append("|\n");
    }

    private void row(Object... cells) {
        for (Object cell : cells) {
            out.append("| ").append(cell).append(' ');
        }
        out.append("|\n");
    }

    private List<Row> ours(String prefix) {
        return rows.stream()
                .filter(r -> r.by().equals(Cells.OURS) && r.row().matches(prefix))
                .toList();
    }

    private void attention() {
        out.append(
                "\n## Attention\n\nA: inside the window, keys and values shared; B: outside it, values of each "
                        + "image. Grid/width/window, 8 heads, 16 images. Microseconds by the card's clock, "
                        + "medians; "
                        + "warm: operands in the second-level cache. Bound and target are for bfloat16 on an H200. Error: norm of the difference from the CPU's float32, relative, 2 images.\n");
        List<Row> list = ours("[AB] .*");
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "warm", "cold", "bound", "bound/warm", "target", "warm/target", "error");
        for (Row r : list) {
            GpuBounds b = GpuBounds.of(r.row());
            double warm = r.value("warmUs");
            row(
                    r.row(),
                    r.precision(),
                    number(warm),
                    number(r.value("coldUs")),
                    number(b.bound()),
                    ratio(b.bound() / warm),
                    number(b.target()),
                    ratio(warm / b.target()),
                    String.format(Locale.ROOT, "%.1e", r.value("error")));
        }
    }

    private void beside() {
        out.append("\n## Attention beside PyTorch\n\nMicroseconds, warm, in the same precision; SDPA: "
                + "scaled_dot_product_attention with an additive mask, the fastest of its backends; "
                + "Flex: FlexAttention, "
                + "compiled, with a block mask. Times: speedup of ours; wanted: target speedup, forward in "
                + "bfloat16.\n");
        List<Row> list = ours("[AB] .*").stream()
                .filter(r -> theirs(r, "SDPA").isPresent() || theirs(r, "Flex").isPresent())
                .toList();
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "ours", "SDPA", "backend", "times", "wanted", "Flex", "times", "wanted");
        for (Row r : list) {
            GpuBounds b = GpuBounds.of(r.row());
            double warm = r.value("warmUs");
            Optional<Row> sdpa = theirs(r, "SDPA");
            double flex = theirs(r, "Flex").map(t -> t.value("warmUs")).orElse(Double.NaN);
            double first = sdpa.map(t -> t.value("warmUs")).orElse(Double.NaN);
            row(
                    r.row(),
                    r.precision(),
                    number(warm),
                    number(first),
                    sdpa.map(t -> t.by().substring(5)).orElse("-"),
                    ratio(first / warm),
                    ratio(b.overSdpa()),
                    number(flex),
                    ratio(flex / warm),
                    ratio(b.overFlex()));
        }
    }

    private Optional<Row> theirs(Row ours, String way) {
        return rows.stream()
                .filter(r -> r.by().startsWith(way)
                        && r.row().equals(ours.row())
                        && r.precision().equals(ours.precision()))
                .min(Comparator.comparingDouble(r -> r.value("warmUs")));
    }

    private void bandwidth() {
        out.append("\n## Between the attentions\n\nGB/s: minimum bytes read and written, each value once, per time; "
                + "share: of the copy's, cold.\n");
        List<Row> list = ours(".*").stream()
                .filter(r -> r.values().containsKey("bytes") && !r.values().containsKey("flops"))
                .toList();
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "warm µs", "cold µs", "GB/s cold", "share of the copy");
        for (Row r : list) {
            double copy = list.stream()
                    .filter(c -> c.row().equals("copy") && c.precision().equals(r.precision()))
                    .mapToDouble(GpuReport::bytesPerSecond)
                    .findFirst()
                    .orElse(Double.NaN);
            row(
                    r.row(),
                    r.precision(),
                    number(r.value("warmUs")),
                    number(r.value("coldUs")),
                    number(bytesPerSecond(r) / 1e9),
                    ratio(bytesPerSecond(r) / copy));
        }
    }

    private static double bytesPerSecond(Row r) {
        return 1e6 * r.value("bytes") / r.value("coldUs");
    }

    private void products() {
        out.append("\n## Matrix products\n\nRows/columns/inner extent.\n");
        List<Row> list = rows.stream()
                .filter(r -> r.values().containsKey("flops") && !r.row().startsWith("convolution "))
                .toList();
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "warm µs", "cold µs", "TFLOP/s warm");
        list.forEach(r -> row(
                r.row(),
                r.precision(),
                number(r.value("warmUs")),
                number(r.value("coldUs")),
                number(r.value("flops") / r.value("warmUs") / 1e6)));
    }

    private void convolutions() {
        out.append("\n## Convolutions\n\nKernel, stride, channels, image; 16 images, bias and ReLU in the time of a "
                + "forward pass. Our own kernels compute depthwise convolutions; cuDNN computes the others if "
                + "the part says so; times: speedup over our own kernels, which compute in float32. Error: norm of the "
                + "difference from the CPU's float32, relative, 2 images.\n");
        List<Row> list = ours("convolution .*");
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "warm µs", "cold µs", "TFLOP/s warm", "own kernels, warm µs", "times", "error");
        for (Row r : list) {
            double own = rows.stream()
                    .filter(o -> o.by().equals(GpuConvolutions.OWN_KERNELS)
                            && o.row().equals(r.row()))
                    .mapToDouble(o -> o.value("warmUs"))
                    .findFirst()
                    .orElse(Double.NaN);
            double warm = r.value("warmUs");
            row(
                    r.row(),
                    r.precision(),
                    number(warm),
                    number(r.value("coldUs")),
                    number(r.value("flops") / warm / 1e6),
                    number(own),
                    ratio(own / warm),
                    String.format(Locale.ROOT, "%.1e", r.value("error")));
        }
    }

    private void model() {
        out.append(
                "\n## The model\n\nBoth levels of the published setting, 16 images, milliseconds by the host's clock. "
                        + "Ours copies the features to the card and fetches the loss, or the reconstruction, in each "
                        + "call; "
                        + "PyTorch's features and results stay on the card. Times: speedup of ours in the same "
                        + "precision. First: the first loss, or the reconstructions' mean squares, which must "
                        + "agree.\n");
        List<Row> list = rows.stream()
                .filter(r -> r.values().containsKey("ms"))
                .sorted(Comparator.comparing((Row r) -> r.row()).reversed())
                .toList();
        if (list.isEmpty()) {
            out.append(NOTHING);
            return;
        }
        table("", "precision", "by", "ms", "times", "first");
        Map<String, Double> ours = new LinkedHashMap<>();
        list.stream()
                .filter(r -> r.by().equals(Cells.OURS))
                .forEach(r -> ours.put(r.row() + r.precision(), r.value("ms")));
        for (Row r : list) {
            double own = ours.getOrDefault(r.row() + r.precision(), Double.NaN);
            row(
                    r.row(),
                    r.precision(),
                    r.by(),
                    number(r.value("ms")),
                    r.by().equals(Cells.OURS) ? "-" : ratio(r.value("ms") / own),
                    String.format(Locale.ROOT, "%.5f", r.value("first")));
        }
        out.append('\n');
        for (String precision : precisions) {
            for (String row : List.of("training step", "reconstruction")) {
                target(list, ours, row, precision);
            }
        }
    }

    /** Adds the targets: three times as fast as the published style, 1.3 times as fast as the best. */
    private void target(List<Row> list, Map<String, Double> ours, String row, String precision) {
        double own = ours.getOrDefault(row + precision, Double.NaN);
        List<Row> peers = new ArrayList<>(list.stream()
                .filter(r -> !r.by().equals(Cells.OURS)
                        && r.row().equals(row)
                        && r.precision().equals(precision))
                .toList());
        if (Double.isNaN(own) || peers.isEmpty()) {
            return;
        }
        double best = peers.stream().mapToDouble(r -> r.value("ms")).min().getAsDouble();
        double published = peers.stream()
                .filter(r -> r.by().equals("published, eager"))
                .mapToDouble(r -> r.value("ms"))
                .findFirst()
                .orElse(Double.NaN);
        out.append(String.format(
                Locale.ROOT,
                "- %s, %s: %s times as fast as the published style (wanted: 3), %s times as fast as PyTorch's best "
                        + "(wanted: 1.3)%n",
                row,
                precision,
                ratio(published / own),
                ratio(best / own)));
    }

    private static String number(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, x < 10 ? "%.2f" : x < 1000 ? "%.1f" : "%.0f", x);
    }

    private static String ratio(double x) {
        return Double.isNaN(x) ? "-" : String.format(Locale.ROOT, "%.2f", x);
    }
}
