package org.rlr.model.train;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.config.Json;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;

/**
 * What the states of all trainings have in common: SafeTensors files with metadata {@code format}, {@code version},
 * {@code training} (what identifies the training, as JSON), {@code epochs} (how many are done) and {@code loss} (mean
 * of the last of them).
 */
enum StateFile {
    /** Of transformers. */
    MODEL("rlr-training", "a training", "`Trainer.train`"),
    /** Of a feature decoder. */
    DECODER("rlr-decoder-training", "a decoder's training", "`DecoderTrainer.train`");

    private static final String VERSION = "1";

    private final String format;
    private final String what;
    private final String writer;

    StateFile(String format, String what, String writer) {
        this.format = format;
        this.what = what;
        this.writer = writer;
    }

    /** What the result of a training depends on but for the number of its epochs; as JSON in the file. */
    interface Identity<I> {
        /** Whether nothing is missing, as in a damaged file. */
        boolean complete();

        /** Checks that what it names is on the class path. @throws RlrException naming the file and what is missing */
        default void requireUsable(Path file) {}

        /** What differs from an earlier training, in words. */
        List<String> differences(I earlier);
    }

    /** A file with the metadata, for tensors to be added to. */
    SafeTensorsWriter writer(Identity<?> identity, int epochs, double meanLoss) {
        return new SafeTensorsWriter()
                .metadata("format", format)
                .metadata("version", VERSION)
                .metadata("training", Json.write(identity))
                .metadata("epochs", Integer.toString(epochs))
                .metadata("loss", Double.toString(meanLoss));
    }

    /**
     * Reads a state.
     *
     * @param identity of the training that is to go on
     * @param most epochs that it will have
     * @param reader of the rest of the file
     * @throws RlrException if the file is not such a state, is damaged, belongs to another training, or has more epochs
     *     behind it
     */
    <I extends Identity<I>, S> S load(Path path, I identity, int most, Function<SafeTensorsFile, S> reader) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            if (!format.equals(file.metadata().get("format"))) {
                throw new ModelException(
                        ModelException.Reason.NOT_A_MODEL,
                        path + " is not the state of " + what,
                        "`resume` takes a file that " + writer + " wrote",
                        null);
            }
            if (!VERSION.equals(file.metadata().get("version"))) {
                throw new ModelException(
                        ModelException.Reason.OTHER_VERSION,
                        path + " is the state of " + what + " of format version "
                                + file.metadata().get("version") + ", this program reads version " + VERSION,
                        "resume it with the program that wrote it",
                        null);
            }
            @SuppressWarnings("unchecked")
            I earlier = (I) Json.read(file.metadata().get("training"), identity.getClass());
            if (earlier == null || !earlier.complete()) {
                throw damaged(path, "is incomplete", null);
            }
            earlier.requireUsable(path);
            List<String> differences = identity.differences(earlier);
            if (!differences.isEmpty()) {
                throw new ModelException(
                        ModelException.Reason.DOES_NOT_FIT,
                        path + " is the state of another training; this differs: " + String.join(", ", differences),
                        "give the same settings and images, or train anew without `resume`",
                        null);
            }
            if (epochs(file) > most) {
                throw new InvalidSettingException(
                        "epochs",
                        most,
                        "at least " + epochs(file),
                        path + " has " + epochs(file) + " epochs behind it, more than `epochs` " + most,
                        "raise `epochs`");
            }
            return reader.apply(file);
        } catch (RlrException e) {
            throw e;
        } catch (RuntimeException e) {
            // a record's constructor, the parser, or a number that is missing
            throw damaged(path, "cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static ModelException damaged(Path path, String how, @Nullable Throwable cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED,
                path + " is damaged: its description " + how,
                "take an earlier state or train anew",
                cause);
    }

    /** Epochs done. */
    static int epochs(SafeTensorsFile file) {
        int epochs = Integer.parseInt(text(file, "epochs"));
        if (epochs < 0) {
            throw new IllegalArgumentException(epochs + " epochs");
        }
        return epochs;
    }

    private static String text(SafeTensorsFile file, String key) {
        String text = file.metadata().get(key);
        if (text == null) {
            throw new IllegalArgumentException(key + " is missing");
        }
        return text;
    }

    /** Mean loss of the last of them. */
    static double meanLoss(SafeTensorsFile file) {
        double loss = Double.parseDouble(text(file, "loss"));
        if (!Double.isFinite(loss)) {
            throw new IllegalArgumentException("a loss of " + loss);
        }
        return loss;
    }

    /** The error of a state whose values do not fit, although its description does. */
    static ModelException damaged(String why, @Nullable Throwable cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED,
                "the training's state is damaged (" + why + ")",
                "take an earlier one or train anew",
                cause);
    }
}
