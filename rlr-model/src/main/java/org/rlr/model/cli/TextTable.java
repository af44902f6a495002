package org.rlr.model.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A table in plain text whose columns are as wide as their widest cell. */
final class TextTable {
    private final Set<Integer> leftAligned;
    private final List<String[]> rows = new ArrayList<>();

    /** A table whose columns are right-aligned, except for the given ones. */
    TextTable(Set<Integer> leftAligned) {
        this.leftAligned = leftAligned;
    }

    TextTable row(String... cells) {
        rows.add(Arrays.stream(cells).map(FileNames::printable).toArray(String[]::new));
        return this;
    }

    @Override
    public String toString() {
        int[] widths = new int[rows.get(0).length];
        rows.forEach(row -> Arrays.setAll(widths, column -> Math.max(widths[column], row[column].length())));
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.length; column++) {
                String padding = " ".repeat(widths[column] - row[column].length());
                line.append(column == 0 ? "" : "  ")
                        .append(leftAligned.contains(column) ? row[column] + padding : padding + row[column]);
            }
            text.append(line.toString().stripTrailing()).append(System.lineSeparator());
        }
        return text.toString();
    }
}
