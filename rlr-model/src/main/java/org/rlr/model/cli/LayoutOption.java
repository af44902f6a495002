package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.DataCheck;
import org.rlr.model.data.DataLayout;
import org.rlr.model.data.DataLayouts;
import org.rlr.model.data.DataSet;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The option for the layout of a data set. */
final class LayoutOption {
    @Option(
            names = "--layout",
            paramLabel = "NAME",
            completionCandidates = Names.class,
            description = "Layout of the data set: ${COMPLETION-CANDIDATES} (default: the first that fits; 'rlr data "
                    + "check' prints it).")
    private String name;

    /** Reads a data set; prints notes on standard error. */
    DataSet read(Path root, CommandSpec spec) {
        DataSet set = name == null ? DataLayouts.read(root) : DataLayouts.read(root, name);
        PrintWriter err = spec.commandLine().getErr();
        Stream.of(set.notes(), set.passedOver().note().stream().toList(), DataCheck.glance(set))
                .flatMap(List::stream)
                .forEach(note -> err.println("note: " + FileNames.printable(OptionNames.translate(note))));
        err.flush();
        return set;
    }

    /** Checks a command whose data set is optional. @throws RlrException if a layout is given without a data set */
    void requireData(@Nullable Path root) {
        if (name != null && root == null) {
            throw new RlrException(
                    "--layout " + name + " needs a data set, but none is given",
                    "give --data DIR too, or omit --layout");
        }
    }

    /** Returns the given name, or null. */
    @Nullable
    String name() {
        return name;
    }

    /** The names of all layouts, for the help. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return DataLayouts.all().stream().map(DataLayout::name).iterator();
        }
    }
}
