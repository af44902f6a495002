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
 * The common format of all training states: SafeTensors files with metadata {@code format}, {@code version},
 * {@code training} (the training's identity, as JSON), {@code epochs} (epochs done) and {@code loss} (mean loss of the
 * last epoch).
 */
enum StateFile {
    /** States of transformers. */
    MODEL("rlr-training", "a training", "`Trainer.train`"),
    /** States of a feature decoder. */
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

    /** The inputs that determine the result of a training, except the number of epochs; stored as JSON. */
    interface Identity<I> {
        /** Returns whether all values are present; false for a damaged file. */
        boolean complete();

        /**
         * Checks that the named parts are on the class path. @throws RlrException naming the file and the missing part
         */
        default void requireUsable(Path file) {}

        /** Returns the differences from an earlier training, in words. */
        List<String> differences(I earlier);
    }

    /** Returns a writer with the metadata, ready for tensors. */
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
     * @param identity the identity of the training that resumes
     * @param most the number of epochs of that training
     * @param reader reads the rest of the file
     * @throws RlrException if the file is not such a state, is damaged, belongs to another training, or has done more
     *     epochs
     */
    <I extends Identity<I>, S> S load(Path path, I identity, int most, Function<SafeTensorsFile, S> reader) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            if (!format.equals(file.metadata().get("format"))) {
                throw new ModelException(
                        ModelException.Reason.NOT_A_MODEL,
                        path + " is not the state of " + what,
                        "`resume` needs a file written by " + writer,
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
                        "give the same settings and images, or start a new training without `resume`",
                        null);
            }
            if (epochs(file) > most) {
                throw new InvalidSettingException(
                        "epochs",
                        most,
                        "at least " + epochs(file),
                        path + " has done " + epochs(file) + " epochs, more than `epochs` " + most,
                        "raise `epochs`");
            }
            return reader.apply(file);
        } catch (RlrException e) {
            throw e;
        } catch (RuntimeException e) {
            // from a record's constructor, the parser, or a missing number
            throw damaged(path, "cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static ModelException damaged(Path path, String how, @Nullable Throwable cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED,
                path + " is damaged: its description " + how,
                "use an earlier state or start a new training",
                cause);
    }

    /** Returns the epochs done. */
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

    /** Returns the mean loss of the last epoch. */
    static double meanLoss(SafeTensorsFile file) {
        double loss = Double.parseDouble(text(file, "loss"));
        if (!Double.isFinite(loss)) {
            throw new IllegalArgumentException("a loss of " + loss);
        }
        return loss;
    }

    /** Returns the error for a state with a valid description but wrong values. */
    static ModelException damaged(String why, @Nullable Throwable cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED,
                "the training's state is damaged (" + why + ")",
                "use an earlier one or start a new training",
                cause);
    }
}
