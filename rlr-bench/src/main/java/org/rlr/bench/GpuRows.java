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
 * Measurements of a run on a card, ours and PyTorch's: one JSON object in each line, written at once, so that an
 * interrupted part keeps its rows.
 */
final class GpuRows {
    /**
     * The measurements of one implementation in one row.
     *
     * @param by ours, or a variant of PyTorch
     * @param values warmUs and coldUs (operands in the L2 cache, or not), ms (by the host's clock), repeats, bytes,
     *     flops, error, first (the first loss)
     */
    record Row(String by, String precision, String row, Map<String, Double> values) {
        /** A value; NaN if the row has none of that name. */
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

    /** All rows; none if the file is absent. @throws IllegalStateException with the line that is not a row */
    static List<Row> read(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        if (!Files.exists(file)) {
            return rows;
        }
        for (String line : Files.readAllLines(file)) {
            try {
                Row row = GSON.fromJson(line, Row.class);
                if (row == null || row.values == null) { // Gson leaves missing fields null
                    throw new IllegalArgumentException("the row has no values");
                }
                rows.add(row);
            } catch (RuntimeException e) {
                throw new IllegalStateException(file + " has a line that is not a row: " + line, e);
            }
        }
        return rows;
    }
}
