package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Unknown options and invalid values. */
class WrongUsageTest {
    @TempDir
    Path folder;

    @Test
    void wrongUsageIsExitCodeTwoAndNamesTheOption() {
        Path model = folder.resolve("m");
        CommandRun.of().assertWrongUsage("subcommand");
        CommandRun.of("trian").assertWrongUsage("trian");
        CommandRun.of("train", "--data", folder, "--out", model, "--epoch", "3").assertWrongUsage("--epoch");
        CommandRun.of("train", "--out", model).assertWrongUsage("--data");
        CommandRun.of("train", "--data", folder).assertWrongUsage("--out");
        CommandRun.of("train", "--data").assertWrongUsage("--data");
        CommandRun.of("evaluate", "--data", folder).assertWrongUsage("--model");
        CommandRun.of("detect", "--model", model).assertWrongUsage("IMAGE|DIR");
        CommandRun.of("info").assertWrongUsage("--model");
        CommandRun.of("info", "--model", model, "more").assertWrongUsage("more");
    }

    /** The help of a command is longer than a screen and would hide the error. */
    @Test
    void wrongUsageIsNotBuriedInTheHelp() {
        CommandRun run = CommandRun.of("train", "--data", folder, "--out", folder.resolve("m"), "--epoch", "3");
        run.assertWrongUsage("error: Unknown option");
        assertTrue(
                run.err().lines().count() <= 3
                        && run.err().contains("--epochs")
                        && run.err().contains("'rlr train --help'"),
                run.err());
        CommandRun.of("train", "--data", folder, "--out", folder.resolve("m"), "--epochs", "1.5")
                .assertWrongUsage("error: ", "'1.5' is not a usable whole number");
        CommandRun.of("train", "--data", folder, "--out", folder.resolve("m"), "--seeds", "")
                .assertWrongUsage("error: ", "--seeds", "'' is not a usable whole number");
        // without a command the list of commands is printed
        assertTrue(CommandRun.of().err().contains("detect"), CommandRun.of().err());
    }

    /** A call overrides options of a shell alias; a file name may start with @, as picocli's argument files do. */
    @Test
    void theLastOfRepeatedOptionsCountsAndAtSignsAreNames() throws IOException {
        Path model = folder.resolve("m");
        CommandRun.of("train", "--data", folder, "--out", model, "--epochs", "many", "--epochs", "1.5")
                .assertWrongUsage("'many'");
        CommandRun last = CommandRun.of("info", "--model", model, "--model", folder.resolve("other"));
        assertTrue(last.err().contains("other") && !last.err().contains("picocli"), last.err());
        Path list = Files.writeString(folder.resolve("c.jpg"), "--help");
        CommandRun named = CommandRun.of("info", "--model", "@" + list);
        assertTrue(named.err().startsWith("error: ") && named.err().contains("@"), named.err());
        assertFalse(named.err().contains("error: Error"), named.err());
    }

    @ParameterizedTest
    @CsvSource({
        "--epochs,many",
        "--epochs,1.5",
        "--lr,fast",
        "--image-size,64px",
        "--levels,'2,x'",
        "--threads,two",
        "--seed,99999999999999999999",
        "--width,''"
    })
    void whatIsNoNumberIsWrongUsage(String option, String value) {
        CommandRun.of(TinyModel.train(folder, folder.resolve("m"), option + "=" + value))
                .assertWrongUsage(option, value.substring(value.indexOf(',') + 1));
    }

    /** Options with invalid values, and words that the message must contain besides both. */
    @ParameterizedTest
    @CsvSource({
        "--lr,NaN,positive",
        "--lr,-0.001,positive",
        "--lr,0.0,positive",
        "--lr,Infinity,positive",
        "--batch-size,0,at least 1",
        "--batch-size,-4,at least 1",
        "--feature-jitter,-1,zero or a positive",
        "--feature-jitter,NaN,zero or a positive",
        "--noise-prob,1.5,between 0 and 1",
        "--noise-prob,-0.1,between 0 and 1",
        "--noise-prob,NaN,between 0 and 1",
        "--heads,0,at least 1",
        "--heads,-8,at least 1",
        "--heads,3,--width",
        "--ref-len,0,between 1",
        "--ref-len,-1,between 1",
        "--backend,tpu,cpu",
        "--backend,cpu:x,number",
        "--precision,bf16,'fp32, or another --backend'",
        "--gate,maybe,net",
        "--blocks,'mca,xyz',nsa",
        "--backbone,scatering,scattering",
        "--backbone,tf_efficientnet_b9,tf_efficientnet_b0",
        "--backbone,resnet18,--weights"
    })
    void whatCannotBeUsedIsNamedWithTheRemedy(String option, String value, String remedy) throws IOException {
        Path model = Files.writeString(folder.resolve("m"), "old");
        String named = value.substring(value.indexOf(',') + 1);
        CommandRun run = CommandRun.of(TinyModel.train(TinyModel.data(), model, option + "=" + value));
        run.assertFailure(named, remedy);
        assertOld(model);
    }

    /** Options that the short training already sets. */
    @ParameterizedTest
    @CsvSource({
        "--epochs,0,at least 1",
        "--epochs,-3,at least 1",
        "--threads,-1,between",
        "--threads,100000,1024",
        "--image-size,0,between 1 and 8192",
        "--image-size,-64,between 1 and 8192",
        "--image-size,32,use 64",
        "--image-size,100,use 96 or 112",
        "--image-size,1000000,8192",
        "--levels,'2,9','0, 1, 2, 3, 4'",
        "--levels,-1,--levels",
        "--levels,5,level",
        "--width,0,multiple of 4",
        "--width,6,multiple of 4",
        "--width,-16,multiple of 4",
        "--width,1000000,16384",
        "--layers,0,between 1"
    })
    void valuesOutOfRangeAreNamedWithTheRange(String option, String value, String remedy) throws IOException {
        Path model = Files.writeString(folder.resolve("m"), "old");
        Object[] args = TinyModel.train(TinyModel.data(), model);
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals(option)) {
                args[i + 1] = value;
            }
        }
        String last = value.substring(value.indexOf(',') + 1);
        CommandRun.of(args).assertFailure(last, remedy);
        assertOld(model);
    }

    @Test
    void weightsForABackboneThatHasNoneAreRefused() {
        CommandRun.of(TinyModel.train(
                        TinyModel.data(),
                        folder.resolve("m"),
                        "--backbone",
                        "scattering",
                        "--weights",
                        TinyModel.model()))
                .assertFailure("scattering", TinyModel.model(), "--backbone");
    }

    @Test
    void aModelIsNotWrittenWhereItCannotBe() throws IOException {
        Path missing = folder.resolve("missing");
        CommandRun.of(TinyModel.train(TinyModel.data(), missing.resolve("m")))
                .assertFailure(missing.resolve("m"), "does not exist", "create it first");
        assertFalse(Files.exists(missing));
        CommandRun.of(TinyModel.train(TinyModel.data(), folder)).assertFailure(folder, "is a folder", "--out");
        Path file = Files.writeString(folder.resolve("file"), "");
        CommandRun.of(TinyModel.train(TinyModel.data(), file.resolve("m"))).assertFailure(file, "is a file");
    }

    private static void assertOld(Path model) throws IOException {
        assertEquals("old", Files.readString(model));
    }
}
