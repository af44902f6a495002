package org.rlr.model.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A small table of comma-separated values with a header line; values that contain a comma are in double quotes (RFC
 * 4180 without line breaks in values).
 */
record CsvTable(List<Row> rows) {
    private static final String REMEDY = "copy it again";

    /** A line as a map from column to value. */
    record Row(Path file, int line, Map<String, String> values) {
        String get(String column) {
            String value = values.get(column);
            if (value == null) {
                throw new IllegalArgumentException(file + " is read without its column " + column);
            }
            return value;
        }

        /** Returns a value that must be one of two. */
        String oneOf(String column, String first, String second) {
            String value = get(column);
            if (!value.equals(first) && !value.equals(second)) {
                throw error(column, "write " + first + " or " + second);
            }
            return value;
        }

        /** Returns a value that must be the path of a file below a folder. */
        Path path(String column, Path home) {
            return Folders.inside(home, get(column))
                    .orElseThrow(() -> error(column, "write the path of a file below " + home));
        }

        /** Returns the exception for a wrong value. */
        DataSetException error(String column, String expected) {
            return new DataSetException(
                    file + ", line " + line + ": the " + column + " is '" + get(column) + "'", expected, null);
        }
    }

    /** Reads a file with the given columns. @throws DataSetException naming the wrong line */
    static CsvTable read(Path file, List<String> columns) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new DataSetException(file + " cannot be read as UTF-8 text (" + Folders.reason(e) + ")", REMEDY, e);
        }
        List<String> head = lines.isEmpty() ? List.of() : split(lines.get(0).replace("\ufeff", ""));
        if (!head.containsAll(columns)) {
            throw new DataSetException(
                    file + " has the columns " + String.join(",", head) + " instead of " + String.join(",", columns),
                    REMEDY,
                    null);
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            List<String> values = split(lines.get(i));
            if (lines.get(i).isBlank()) {
                continue;
            }
            if (values.size() != head.size()) {
                throw new DataSetException(
                        file + ", line " + (i + 1) + " has " + values.size() + " values instead of " + head.size(),
                        REMEDY,
                        null);
            }
            Map<String, String> row = new TreeMap<>();
            for (int column = 0; column < head.size(); column++) {
                row.put(head.get(column), values.get(column));
            }
            rows.add(new Row(file, i + 1, row));
        }
        return new CsvTable(rows);
    }

    private static List<String> split(String line) {
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                value.append(line.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                values.add(value.toString().strip());
                value.setLength(0);
            } else {
                value.append(c);
            }
        }
        values.add(value.toString().strip());
        return values;
    }
}
