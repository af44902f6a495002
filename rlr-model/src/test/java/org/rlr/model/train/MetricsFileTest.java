package org.rlr.model.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.tensor.RlrException;

/** Lines of a resumed training. */
class MetricsFileTest {
    private static final double LOSS = 0.5;

    @TempDir
    Path folder;

    private static EpochReport report(int epoch) {
        return new EpochReport(epoch, new EpochReport.Losses(LOSS, List.of(LOSS)), 1e-4f, 1, null, null);
    }

    /** Only one digit of epoch 10 was written, which reads as epoch 1. */
    @Test
    void aLineThatWasBeingWrittenIsMadeAgain() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        try (MetricsFile first = new MetricsFile(csv, List.of(2), false, TrainingListener.SILENT)) {
            first.started(0, 0);
            for (int epoch = 1; epoch <= 9; epoch++) {
                first.epoch(report(epoch));
            }
        }
        String whole = Files.readString(csv);
        for (String unfinished : List.of("1", "10", "10,0.", "\uFFFD")) {
            Files.writeString(csv, whole + unfinished);
            try (MetricsFile second = new MetricsFile(csv, List.of(2), true, TrainingListener.SILENT)) {
                second.started(9, LOSS);
                assertEquals(whole, Files.readString(csv));
                second.epoch(report(10));
            }
            List<String> lines = Files.readAllLines(csv);
            assertEquals(11, lines.size());
            assertTrue(lines.get(10).startsWith("10," + LOSS), lines.get(10));
        }
    }

    /** Unlike an incomplete line of an epoch that the state has done. */
    @Test
    void aMissingLineIsNot() throws IOException {
        Path csv = folder.resolve("metrics.csv");
        try (MetricsFile first = new MetricsFile(csv, List.of(2), false, TrainingListener.SILENT)) {
            first.started(0, 0);
            first.epoch(report(1));
        }
        Files.writeString(csv, "2,0", StandardOpenOption.APPEND);
        String before = Files.readString(csv);
        try (MetricsFile second = new MetricsFile(csv, List.of(2), true, TrainingListener.SILENT)) {
            RlrException e = assertThrows(RlrException.class, () -> second.started(2, LOSS));
            assertTrue(e.getMessage().contains(csv.toString()) && e.getMessage().contains("epoch 2"), e.getMessage());
        }
        assertEquals(before, Files.readString(csv));
    }
}
