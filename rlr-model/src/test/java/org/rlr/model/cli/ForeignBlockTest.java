package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlr.model.attention.AttentionBlock;
import org.rlr.model.attention.AttentionBlockProvider;
import org.rlr.model.config.LevelConfig;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.nn.Linear;
import org.rlr.tensor.nn.ParameterSet;

/** Blocks that are missing on the class path of some processes, or return a wrong shape. */
class ForeignBlockTest {
    @TempDir
    Path folder;

    /** A linear layer followed by another operation. */
    abstract static class Own implements AttentionBlockProvider {
        private final String name;
        private final UnaryOperator<Tensor> after;

        Own(String name, UnaryOperator<Tensor> after) {
            this.name = name;
            this.after = after;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean usesReference() {
            return false;
        }

        @Override
        public AttentionBlock create(ParameterSet.Prefix names, LevelConfig level) {
            Linear linear = new Linear(names, level.modelWidth(), level.modelWidth());
            return (tokens, reference) -> after.apply(linear.forward(tokens));
        }
    }

    /** Keeps the tokens independent. */
    public static final class Alone extends Own {
        public Alone() {
            super("alone", tokens -> tokens);
        }
    }

    /** Drops the token axis; a gate would broadcast the result. */
    public static final class Flat extends Own {
        public Flat() {
            super("flat", tokens -> tokens.mean(1).reshape(tokens.dim(0), 1, tokens.dim(2)));
        }
    }

    /** Runs a command with a provider on the class path. */
    private CommandRun with(Class<? extends AttentionBlockProvider> provider, Object... args)
            throws IOException, InterruptedException {
        Path services = Files.createDirectories(folder.resolve(provider.getSimpleName() + "/META-INF/services"));
        Files.writeString(services.resolve(AttentionBlockProvider.class.getName()), provider.getName() + "\n");
        List<String> command = CommandRun.commandLine(List.of(), args);
        int path = command.indexOf("-cp") + 1;
        command.set(path, services.getParent().getParent() + File.pathSeparator + command.get(path));
        return CommandRun.process(folder, command);
    }

    @Test
    void aFileOfABlockThatIsMissingIsNotCalledDamaged() throws IOException, InterruptedException {
        Path model = folder.resolve("model.safetensors");
        Path state = folder.resolve("state");
        Object[] training = TinyModel.train(
                TinyModel.data().resolve("fabric"),
                model,
                "--blocks",
                "mca,alone",
                "--checkpoint-every",
                "1",
                "--checkpoint",
                state);
        CommandRun trained = with(Alone.class, training);
        assertEquals(0, trained.code(), trained.err());
        CommandRun known = with(Alone.class, "info", "--model", model);
        assertTrue(known.out().contains("blocks mca alone"), known.out() + known.err());
        Object[] resuming =
                TinyModel.train(TinyModel.data().resolve("fabric"), folder.resolve("other"), "--resume", state);
        for (Object[] command : new Object[][] {
            {"info", "--model", model},
            {"detect", "--model", model, TinyModel.images().get(0)},
            resuming
        }) {
            CommandRun run = CommandRun.of(command);
            run.assertFailure("has the attention block 'alone'", "mca, ca, msa, nsa, sa, ring", "class path");
            assertFalse(run.err().contains("damaged") || run.err().contains("again"), run.err());
        }
        CommandRun.of("info", "--model", model).assertFailure(model);
    }

    @Test
    void aBlockOfAnotherShapeIsNamed() throws IOException, InterruptedException {
        Path model = folder.resolve("model.safetensors");
        with(
                        Flat.class,
                        TinyModel.train(
                                TinyModel.data().resolve("fabric"), model, "--blocks", "sa,flat", "--gate", "gate"))
                .assertFailure("attention block 'flat' of layer 0", "[2, 1, 32]", "[2, 64, 32]", "forward");
        assertTrue(Files.notExists(model));
    }
}
