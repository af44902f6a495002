package org.rlr.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code gpu/run} rehearsed on the stand-in driver: every part runs, the report has every section, and a failed part
 * makes it fail.
 */
@Tag("thorough")
class GpuRunTest {
    private static final Path RUN = Path.of("gpu", "run").toAbsolutePath();

    @TempDir
    private Path folder;

    @BeforeEach
    void needACompiler() {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && System.getProperty("os.arch").equals("amd64"),
                "JCuda is for Linux on x86-64");
        boolean there = List.of(System.getenv("PATH").split(File.pathSeparator)).stream()
                .anyMatch(f -> Files.isExecutable(Path.of(f, "g++")));
        assumeTrue(there, "g++ is not installed, which builds the stand-in for a CUDA driver");
    }

    @Test
    void everyPartRunsAndIsReported() throws IOException, InterruptedException {
        // like NVIDIA's: options, then the program; one of its tools is enough to check the call
        program(
                "compute-sanitizer",
                "echo \"$@\" >>" + folder.resolve("sanitized"),
                "tool=$2",
                "echo ========= $([ $tool = racecheck ] && echo 'RACECHECK SUMMARY: 0 hazards displayed (0 "
                        + "errors, 0 warnings)' || echo 'ERROR SUMMARY: 0 errors')",
                "[ \"$tool $3 $4\" = \"memcheck --error-exitcode 9\" ] || exit 0",
                "shift 4",
                "exec \"$@\"");
        Run run = run("no-such-python", ".*");
        assertEquals(0, run.code, run.text);
        String report = Files.readString(folder.resolve("report.md"));
        for (String section : List.of(
                "# Results on a card",
                "## Parts",
                "## Attention",
                "## Attention beside PyTorch",
                "## Between the attentions",
                "## Matrix products",
                "## Convolutions",
                "## The model")) {
            assertTrue(
                    report.contains("\n" + section + "\n") || report.startsWith(section),
                    section + " is missing in\n" + report);
        }
        for (String part : List.of(
                "contract",
                "golden cases",
                "kernels, tf32",
                "convolutions, tf32",
                "steps, tf32",
                "3 equal runs, tf32",
                "compute-sanitizer memcheck",
                "compute-sanitizer synccheck")) {
            assertTrue(report.contains("| " + part + " | passed |"), part + " did not pass:\n" + run.text + report);
        }
        assertTrue(report.contains("| PyTorch, attention | skipped | 0 | no-such-python has no PyTorch"), report);
        assertTrue(report.contains("A REHEARSAL"), report);
        String number = " [\\d.]+ \\|";
        for (String row :
                List.of("A 8x8/32/3 forward", "B 8x8/32/3 backward", "LayerNorm backward", "Adam", "GEMM 48/48/48")) {
            assertTrue(
                    Pattern.compile(Pattern.quote("| " + row + " | tf32 |") + number + number)
                            .matcher(report)
                            .find(),
                    row + " is missing in\n" + report);
        }
        assertTrue(
                Pattern.compile("\\| convolutions, tf32 \\| passed \\| \\d+ \\| convolutions by cuDNN 9")
                        .matcher(report)
                        .find(),
                report);
        for (String row : List.of(
                "7x7/2 3>8 10x10 forward",
                "3x3/1 8>16 8x8 weight gradient",
                "3x3/2 6>8 8x8 input gradient",
                "5x5/1 depthwise 8>8 8x8 forward")) {
            String ownKernels = row.contains("depthwise") ? " - \\| - \\|" : number + number;
            assertTrue(
                    Pattern.compile(Pattern.quote("| convolution " + row + " | tf32 |") + number.repeat(3) + ownKernels)
                            .matcher(report)
                            .find(),
                    row + " is missing in\n" + report);
        }
        assertTrue(
                Pattern.compile("\\| training step \\| tf32 \\| rlr \\|" + number)
                        .matcher(report)
                        .find(),
                report);
        assertEquals(4, Files.readAllLines(folder.resolve("sanitized")).size());
    }

    /** This also holds when it runs in parallel with others. */
    @Test
    void aSanitizerThatDoesNotSayThatItFoundNothingProvesNothing() throws IOException, InterruptedException {
        program("compute-sanitizer", "echo ========= Target application terminated before first instrumented API call");
        Run run = run("no-such-python", "compute-sanitizer .*", "--beside", "4");
        assertEquals(1, run.code, run.text);
        for (String tool : List.of("memcheck", "racecheck", "initcheck", "synccheck")) {
            assertTrue(run.text.contains("compute-sanitizer " + tool + " does not report zero errors"), run.text);
        }
    }

    @Test
    void aPartThatFailsMakesItFailAndTheOthersRun() throws IOException, InterruptedException {
        Path python = program(
                "python",
                "case $1 in -c) echo PyTorch 0 ;; *model.py) echo out of luck; exit 5 ;; *) echo NOTE: one way "
                        + "measured ;; esac");
        Run run = run(python.toString(), "PyTorch.*");
        assertEquals(1, run.code, run.text);
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(
                Pattern.compile("\\| PyTorch, the model \\| FAILED \\| \\d+ \\| exit code 5: out of luck")
                        .matcher(report)
                        .find(),
                report);
        assertTrue(
                Pattern.compile("\\| PyTorch, attention \\| passed \\| \\d+ \\| one way measured \\|")
                        .matcher(report)
                        .find(),
                report);
        assertTrue(report.contains("| contract | skipped | 0 | not selected by --only |"), report);
        assertTrue(report.contains("## Matrix products") && report.contains("Nothing was measured"), report);
    }

    private record Run(int code, String text) {}

    private Path program(String name, String... lines) throws IOException {
        Path file = Files.createDirectories(folder.resolve("bin")).resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertTrue(file.toFile().setExecutable(true));
        return file;
    }

    private Run run(String python, String only, String... options) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(RUN.toString(), "--rehearse", "--python", python, "--only", only));
        command.addAll(List.of(options));
        command.add(folder.resolve("report.md").toString());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Path model = Path.of("..", "rlr-model").toAbsolutePath().normalize();
        builder.environment().put("PATH", folder.resolve("bin") + File.pathSeparator + System.getenv("PATH"));
        builder.environment()
                .put(
                        "RLR_JAVA",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.environment()
                .put(
                        "RLR_CLASSPATH",
                        System.getProperty("java.class.path")
                                + File.pathSeparator
                                + model.resolve(Path.of("target", "test-classes")));
        builder.environment()
                .put("RLR_STAND_IN", Path.of("..").toAbsolutePath().normalize().toString());
        builder.environment()
                .put(
                        "RLR_GOLDEN",
                        model.resolve(Path.of("src", "test", "resources", "golden"))
                                .toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), text);
    }
}
