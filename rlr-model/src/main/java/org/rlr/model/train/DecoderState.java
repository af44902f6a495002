package org.rlr.model.train;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.decoder.DecoderNetwork;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.Parameter;

/**
 * The state of a feature decoder's training at the end of an epoch: a SafeTensors file, see {@link StateFile}.
 *
 * @param epochs epochs done
 * @param meanLoss mean loss of the last epoch
 * @param network parameters and optimiser
 * @param statistics running statistics of the batch normalisations, by name
 */
record DecoderState(int epochs, double meanLoss, LearnedState network, StateDict statistics) {
    private static final String STATISTICS = "statistics.";

    static DecoderState of(int epochs, double meanLoss, DecoderNetwork network, Adam optimizer) {
        Map<String, StateDict.Weight> statistics = new LinkedHashMap<>();
        for (Parameter p : network.buffers().all()) {
            statistics.put(
                    p.name(),
                    new StateDict.Weight(p.shape().toArray(), p.tensor().toArray()));
        }
        return new DecoderState(
                epochs, meanLoss, LearnedState.of(network.parameters(), optimizer), StateDict.of(statistics));
    }

    /** Restores a network and its optimiser. @throws RlrException if the state is of another network */
    void restore(DecoderNetwork decoder, Adam optimizer) {
        network.restore(decoder.parameters(), optimizer);
        decoder.buffers().load(statistics, "the training's state");
    }

    /** Writes the state, completely or not at all, replacing an earlier one. */
    void save(Path file, DecoderIdentity identity) {
        SafeTensorsWriter writer = StateFile.DECODER.writer(identity, epochs, meanLoss);
        network.write(writer, "");
        statistics
                .names()
                .forEach(name -> writer.add(
                        STATISTICS + name,
                        Arrays.stream(statistics.shape(name)).asLongStream().toArray(),
                        statistics.values(name)));
        writer.write(file);
    }

    /** Reads the state. @throws RlrException as {@link StateFile#load} */
    static DecoderState load(Path path, DecoderIdentity identity, int most) {
        return StateFile.DECODER.load(path, identity, most, file -> {
            StateDict kept = StateDict.of(file).under(STATISTICS);
            return new DecoderState(
                    StateFile.epochs(file),
                    StateFile.meanLoss(file),
                    LearnedState.read(file, ""),
                    kept.inMemory(kept.names()));
        });
    }
}
