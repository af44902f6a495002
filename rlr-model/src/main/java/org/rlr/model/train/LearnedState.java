package org.rlr.model.train;

import org.rlr.tensor.io.SafeTensorsFile;
import org.rlr.tensor.io.SafeTensorsWriter;
import org.rlr.tensor.nn.Adam;
import org.rlr.tensor.nn.ParameterSet;

/** The parameters of a network and the state of its optimiser at the end of an epoch. */
record LearnedState(float[] parameters, Adam.State optimizer) {

    static LearnedState of(ParameterSet parameters, Adam optimizer) {
        return new LearnedState(parameters.toArray(), optimizer.state());
    }

    /** Restores a network and its optimiser. @throws RlrException if the state is of another network */
    void restore(ParameterSet network, Adam other) {
        try {
            network.fromArray(parameters);
            other.restore(optimizer);
        } catch (IllegalArgumentException e) {
            throw StateFile.damaged(String.valueOf(e.getMessage()), e);
        }
    }

    /** Adds the state to a file, under names with a prefix. */
    void write(SafeTensorsWriter writer, String prefix) {
        long[] shape = {parameters.length};
        writer.add(prefix + "parameters", shape, parameters)
                .add(prefix + "first", shape, optimizer.first())
                .add(prefix + "second", shape, optimizer.second())
                .add(prefix + "steps", new long[] {1}, new long[] {optimizer.step()});
    }

    /** Reads the state. @throws RlrException if a tensor is missing */
    static LearnedState read(SafeTensorsFile file, String prefix) {
        return new LearnedState(
                file.readFloats(prefix + "parameters"),
                new Adam.State(
                        file.readFloats(prefix + "first"),
                        file.readFloats(prefix + "second"),
                        file.readLongs(prefix + "steps")[0]));
    }
}
