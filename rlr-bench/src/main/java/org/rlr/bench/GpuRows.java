package org.rlr.bench;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the parts of a run on a card have measured, ours and PyTorch's: a JSON object a line, written as soon as it is
 * known, so that a part that is ended leaves what it has.
 */
final class GpuRows {
    /**
     * What one implementation did in one row.
     *
     * @param by ours, or PyTorch's way of doing it
     * @param values warmUs and coldUs (operands in the second-level cache, or not), ms (by the host's clock), repeats,
     *     bytes, flops, error, first (the first loss)
     */
    record Row(String by, String precision, String row, Map<String, Double> values) {
        /** A value, NaN where the row has none of that name. */
        double value(String name) {
            return values.getOrDefault(name, Double.NaN);
        }
    }

    private static final Gson GSON = new Gson();
    private final Path file;

    GpuRows(Path file) {
        this.file = file;
    }

    void add(Row row) {
        try {
            Files.writeString(file, GSON.toJson(row) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All rows; none where the file is absent. @throws IllegalStateException naming the line that is no row */
    static List<Row> read(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        if (!Files.exists(file)) {
            return rows;
        }
        for (String line : Files.readAllLines(file)) {
            try {
                Row row = GSON.fromJson(line, Row.class);
                if (row == null || row.values == null) { // Gson leaves out what the line lacks
                    throw new IllegalArgumentException("it has no values");
                }
                rows.add(row);
            } catch (RuntimeException e) {
                throw new IllegalStateException(file + " has a line that is no row: " + line, e);
            }
        }
        return rows;
    }
}
