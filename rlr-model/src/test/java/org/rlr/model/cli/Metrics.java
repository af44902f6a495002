package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The CSV file of a training.
 *
 * @param columns column names
 * @param rows cells by row
 */
record Metrics(List<String> columns, List<List<String>> rows) {
    static Metrics read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<List<String>> rows =
                lines.stream().map(line -> List.of(line.split(",", -1))).toList();
        rows.forEach(row -> assertEquals(rows.get(0).size(), row.size(), row.toString()));
        return new Metrics(rows.get(0), rows.subList(1, rows.size()));
    }

    /** Returns the cells of a column. */
    List<String> cells(String column) {
        return rows.stream().map(row -> row.get(columns.indexOf(column))).toList();
    }

    /** Returns the numbers of a column, which must have no empty cells. */
    List<Double> numbers(String column) {
        return cells(column).stream().map(Double::valueOf).toList();
    }

    /** Returns the rows without the speed, which differs in each run. */
    Metrics timeless() {
        int speed = columns.indexOf("images_per_second");
        return new Metrics(
                without(columns, speed),
                rows.stream().map(row -> without(row, speed)).toList());
    }

    private static List<String> without(List<String> row, int at) {
        List<String> rest = new ArrayList<>(row);
        rest.remove(at);
        return rest;
    }
}
