package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A row with the peers in the build, called in turn in a separate process. */
@Tag("thorough")
class PairedTest {
    @Test
    void printsARatioForEachPeerAndNamesTheAbsent() {
        PrintStream before = System.out;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = new CommandLine(new Paired())
                    .execute("--bench=Gemm.*8192/256/72", "--rounds=3", "--python=no-such-python");
        } finally {
            System.setOut(before);
        }
        String text = said.toString(StandardCharsets.UTF_8);
        assertEquals(0, code, text);
        assertTrue(
                text.lines()
                        .anyMatch(line -> line.matches(
                                "Gemm\\.multiply shape=NT/8192/256/72 +ejml( +\\d+\\.\\d+){4}- +\\d+\\.\\d+")),
                text);
        assertTrue(text.contains("Absent: torch"), text);
    }
}
