package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Outputs of a command never replace its inputs, and unwritable outputs are found before any computation. */
class OutputFilesTest {
    @TempDir
    Path folder;

    private Path model;
    private Path image;

    @BeforeEach
    void copies() throws IOException {
        model = Files.copy(TinyModel.model(), folder.resolve("model.safetensors"));
        image = Files.copy(
                TinyModel.images().get(0),
                Files.createDirectory(folder.resolve("images")).resolve("a.png"));
    }

    private void assertModelUntouched() throws IOException {
        assertEquals(-1, Files.mismatch(TinyModel.model(), model));
    }

    @Test
    void picturesDoNotReplaceTheImagesThatAreExamined() throws IOException {
        for (Path input : List.of(image, image.getParent())) {
            CommandRun run = CommandRun.of("detect", "--model", model, "--out", image.getParent(), input);
            run.assertFailure(image, "--out", "another folder");
            assertEquals("", run.out());
            assertEquals(-1, Files.mismatch(TinyModel.images().get(0), image));
        }
        Path other = Files.createDirectory(folder.resolve("pictures"));
        CommandRun.succeeding("detect", "--model", model, "--out", other, image);
        CommandRun.succeeding("detect", "--model", model, "--out", other, image); // earlier pictures are replaced
    }

    /** The defective images of a plain folder are in the folder for pictures of its class. */
    @Test
    void picturesDoNotReplaceTestImages() throws IOException {
        Path data = folder.resolve("part");
        Path abnormal = Files.createDirectories(data.resolve("abnormal")).resolve("a.png");
        Files.copy(image, Files.createDirectories(data.resolve("normal")).resolve("a.png"));
        Files.copy(image, Files.createDirectories(data.resolve("normal_test")).resolve("a.png"));
        Files.copy(image, abnormal);
        CommandRun run = CommandRun.of("evaluate", "--model", model, "--data", data, "--out", folder);
        run.assertFailure(abnormal, "--out", "another folder");
        assertEquals("", run.out());
        assertEquals(-1, Files.mismatch(image, abnormal));
    }

    /** The next call would examine them. */
    @Test
    void picturesDoNotLieAmongImages() throws IOException {
        Path jpeg = image.resolveSibling("b.jpg");
        Files.move(image, jpeg);
        CommandRun.of("detect", "--model", model, "--out", image.getParent(), image.getParent())
                .assertFailure(image.getParent(), "--out", "another folder");
        assertFalse(Files.exists(image.resolveSibling("b.png")));
        CommandRun.succeeding("detect", "--model", model, "--out", image.getParent(), jpeg);
        assertTrue(Files.exists(image.resolveSibling("b.png")));
    }

    /** An image of an input folder, or any other. */
    @Test
    void noFileTakesTheImagesPlace() throws IOException {
        for (String option : List.of("--json", "--out")) {
            CommandRun run = option.equals("--json")
                    ? CommandRun.of("detect", "--model", model, option, image, image.getParent())
                    : CommandRun.of("threshold", "--model", model, "--data", TinyModel.data(), option, image);
            run.assertFailure(option + " " + image + " would overwrite an image", "another file");
            assertEquals(-1, Files.mismatch(TinyModel.images().get(0), image));
        }
        Path link = Files.createSymbolicLink(folder.resolve("out.json"), image);
        CommandRun.of("detect", "--model", model, "--json", link, image.getParent())
                .assertFailure(link, "would overwrite an image");
    }

    @Test
    void theLastOfRepeatedOutputsCounts() throws IOException {
        Path first = folder.resolve("a.json");
        Path last = folder.resolve("b.json");
        CommandRun.succeeding("detect", "--model", model, "--json", first, image, "--json", last);
        assertFalse(Files.exists(first));
        assertTrue(Files.size(last) > 0);
    }

    @Test
    void anEmptyNameIsNotTheWorkingFolder() {
        CommandRun run = CommandRun.of("detect", "--model", model, "");
        assertEquals(2, run.code());
        assertTrue(run.err().contains("'' is not the name of a file or folder"), run.err());
    }

    @Test
    void noCommandOverwritesAFileThatItReads() throws IOException {
        Path config = Files.writeString(folder.resolve("c.json"), "{\"training\": {\"epochs\": 1}}");
        CommandRun.of(TinyModel.train(TinyModel.data(), model, "--backbone", "resnet18", "--weights", model))
                .assertFailure(model, "--weights", "another file");
        CommandRun.of(
                        "train",
                        "--data",
                        TinyModel.data(),
                        "--out",
                        folder.resolve("m"),
                        "--config",
                        config,
                        "--metrics",
                        config)
                .assertFailure(config, "--config", "--metrics", "another file");
        CommandRun.of("detect", "--model", model, "--json", model, image)
                .assertFailure(model, "--model", "--json", "another file");
        CommandRun.of("detect", "--model", model, "--json", image, image)
                .assertFailure(image, "IMAGE|DIR", "--json", "another file");
        CommandRun.of("evaluate", "--model", model, "--data", TinyModel.data(), "--report", model)
                .assertFailure(model, "--report", "another file");
        CommandRun.of("export", model, "--out", model).assertFailure(model, "MODEL", "--out", "another file");
        CommandRun.of("import", model, "--out", model, "--threshold", "1")
                .assertFailure(model, "CHECKPOINT", "--out", "another file");
        assertModelUntouched();
        assertEquals(-1, Files.mismatch(TinyModel.images().get(0), image));
        assertTrue(Files.readString(config).startsWith("{"));
    }

    @Test
    void anotherNameOfTheSameFileIsTheSameFile() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), model);
        CommandRun.of("export", link, "--out", folder.resolve("images/../model.safetensors"))
                .assertFailure("MODEL", "another file");
        assertModelUntouched();
        Path json = folder.resolve("x.json");
        CommandRun.of(
                        "evaluate",
                        "--model",
                        model,
                        "--data",
                        TinyModel.data(),
                        "--json",
                        json,
                        "--report",
                        folder.resolve("images/../x.json"))
                .assertFailure("x.json", "--json", "--report", "each");
        assertFalse(Files.exists(json));
    }

    /** Results of hours must not be lost because their file cannot be written. */
    @Test
    void whatCannotBeWrittenIsKnownFirst() throws IOException {
        Path below = image.resolve("x.json");
        CommandRun run = CommandRun.of(
                "ablate",
                "--data",
                TinyModel.data(),
                "--json",
                below,
                "--image-size",
                "64",
                "--width",
                "16",
                "--layers",
                "1",
                "--epochs",
                "1");
        run.assertFailure(below, image, "--json");
        assertEquals("", run.out());
        for (String option : List.of("--json", "--report")) {
            run = CommandRun.of("evaluate", "--model", model, "--data", TinyModel.data(), option, folder);
            run.assertFailure(folder, "is a folder", option);
            assertEquals("", run.out());
        }
        run = CommandRun.of("detect", "--model", model, "--out", model, image);
        run.assertFailure(model, "is a file", "--out");
        assertEquals("", run.out());
        assertModelUntouched();
    }

    @Test
    void aWriteProtectedModelStays() throws IOException {
        assertTrue(model.toFile().setWritable(false));
        assumeFalse(Files.isWritable(model), "this user can write to protected files, like root");
        CommandRun.of(TinyModel.train(TinyModel.data(), model)).assertFailure(model, "write-protected", "--out");
        assertModelUntouched();
    }

    /** Two trainings with the same output file, of any kind. */
    @Test
    void twoTrainingsDoNotWriteOneFile() throws IOException {
        Path held = folder.resolve("held");
        Path other = folder.resolve("other");
        Path lock = folder.resolve(".held.lock");
        List<Object> train = List.of(TinyModel.train(TinyModel.data(), other));
        List<Object> decoder =
                List.of("decoder", "train", "--model", TinyModel.model(), "--data", TinyModel.data(), "--epochs", "1");
        List<Object> ablate = List.of("ablate", "--data", TinyModel.data(), "--blocks", "mca");
        Map<String, List<Object>> commands = new LinkedHashMap<>();
        commands.put("--metrics", with(train, "--metrics", held));
        commands.put("--checkpoint", with(train, "--checkpoint-every", "1", "--checkpoint", held));
        commands.put("--best-on-test", with(train, "--evaluate-every", "1", "--best-on-test", held));
        commands.put("--summary", with(train, "--seeds", "1,2", "--summary", held));
        commands.put("--out", with(decoder, "--out", held));
        commands.put("--json", with(ablate, "--json", held));
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock taken = channel.lock()) {
            assertTrue(taken.isValid());
            commands.forEach((option, command) -> CommandRun.of(command.toArray())
                    .assertFailure(held, "another training", "choose another " + option));
            CommandRun.of(with(decoder, "--out", other, "--checkpoint-every", "1", "--checkpoint", held)
                            .toArray())
                    .assertFailure(held, "another training", "choose another --checkpoint");
        }
        // derived files: those of a seed, and the default checkpoint
        Map<String, List<Object>> derived = Map.of(
                "other.checkpoint", with(train, "--checkpoint-every", "1"),
                "other-seed7", with(train, "--seeds", "7,8"));
        for (var each : derived.entrySet()) {
            Path derivedLock = folder.resolve("." + each.getKey() + ".lock");
            try (FileChannel channel =
                            FileChannel.open(derivedLock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock taken = channel.lock()) {
                assertTrue(taken.isValid());
                CommandRun.of(each.getValue().toArray())
                        .assertFailure(folder.resolve(each.getKey()), "another training");
            }
            Files.delete(derivedLock);
        }
        Files.delete(lock);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(image.getParent(), model), files.sorted().toList());
        }
    }

    private static List<Object> with(List<Object> args, Object... more) {
        return Stream.concat(args.stream(), Stream.of(more)).toList();
    }

    @Test
    void twoTrainingsDoNotWriteOneModel() throws IOException {
        Path lock = folder.resolve(".model.safetensors.lock");
        Files.createFile(lock); // left by a killed process: locks no file
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), model));
        CommandRun.succeeding(TinyModel.train(TinyModel.data(), model));
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = channel.lock()) {
            assertTrue(held.isValid());
            CommandRun.of(TinyModel.train(TinyModel.data(), model)).assertFailure(model, "another training", "--out");
        }
        assertModelUntouched();
        Files.delete(lock);
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(image.getParent(), model), files.sorted().toList());
        }
    }
}
