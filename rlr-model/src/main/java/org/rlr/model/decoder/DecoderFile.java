package org.rlr.model.decoder;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.ModelException;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.Json;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.io.TensorFileException;
import org.rlr.tensor.nn.Parameter;

/**
 * A feature decoder as one SafeTensors file: metadata {@code format} ({@code "rlr-decoder"}), {@code version} and
 * {@code decoder} (a {@link DecoderInfo} as JSON); tensors with the names of RLR §12, convolutions {@code [out, in, k,
 * k]} as in PyTorch. The same decoder gives the same bytes.
 */
public final class DecoderFile {
    private static final String FORMAT = "rlr-decoder";
    private static final String VERSION = "1";

    private DecoderFile() {}

    /**
     * Writes a decoder to a temporary file beside the target, then moves it into place; on failure an existing target
     * is kept.
     *
     * @param decoder owned by the caller
     * @param file target; missing parent folders are created
     * @throws org.rlr.tensor.ResourceException if it cannot be written
     */
    public static void save(FeatureDecoder decoder, Path file) {
        SafeTensorsWriter writer = new SafeTensorsWriter()
                .metadata("format", FORMAT)
                .metadata("version", VERSION)
                .metadata("decoder", Json.write(decoder.info()));
        DecoderNetwork network = decoder.network();
        for (Parameter p : Stream.concat(network.parameters().all().stream(), network.buffers().all().stream())
                .toList()) {
            writer.add(p.name(), Arrays.stream(p.stateShape()).asLongStream().toArray(), p.stateValues());
        }
        writer.write(file);
    }

    /**
     * Loads a decoder onto a backend.
     *
     * @param path a decoder's file
     * @param backend holds the weights; owned by the caller
     * @return the decoder; the caller closes it
     * @throws ModelException if the file is not a decoder or is damaged
     * @throws TensorFileException if the file cannot be read
     */
    public static FeatureDecoder load(Path path, Backend backend) {
        try (SafeTensorsFile file = SafeTensorsFile.open(path)) {
            DecoderInfo info = info(file);
            DecoderNetwork network;
            try {
                network = DecoderNetwork.load(info.channels(), backend, StateDict.of(file), path.toString());
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw damaged(file, "its description cannot be used (" + e.getMessage() + ")", e);
            }
            try {
                return new FeatureDecoder(backend, info, network, path.toString());
            } catch (Throwable t) {
                network.close();
                throw t;
            }
        } catch (TensorFileException e) {
            throw ModelException.of(e);
        }
    }

    private static DecoderInfo info(SafeTensorsFile file) {
        if (!FORMAT.equals(file.metadata().get("format"))) {
            throw new ModelException(
                    ModelException.Reason.NOT_A_MODEL,
                    file.source() + " is a SafeTensors file, but not a feature decoder",
                    "give the file that `DecoderFile.save` wrote",
                    null);
        }
        if (!VERSION.equals(file.metadata().get("version"))) {
            throw new ModelException(
                    ModelException.Reason.OTHER_VERSION,
                    file.source() + " is a decoder of format version "
                            + file.metadata().get("version") + "; this program reads version " + VERSION,
                    "train it again or use the program that wrote it",
                    null);
        }
        DecoderInfo info;
        try {
            info = Json.read(file.metadata().get("decoder"), DecoderInfo.class);
        } catch (RuntimeException e) {
            throw damaged(file, "its description cannot be read (" + e.getMessage() + ")", e);
        }
        if (info == null || !info.usable()) {
            throw damaged(file, "its description is incomplete", null);
        }
        return info;
    }

    private static ModelException damaged(SafeTensorsFile file, String why, @Nullable Exception cause) {
        return new ModelException(
                ModelException.Reason.DAMAGED, file.source() + " is damaged: " + why, "copy or train it again", cause);
    }
}
