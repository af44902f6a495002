package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.rlr.model.ModelFile;
import org.rlr.model.checkpoint.CheckpointExport;
import org.rlr.tensor.RlrException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlr export}. */
@Command(
        name = "export",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Write a model's transformers as the PyTorch implementation loads them: a checkpoint (.pth), or a SafeTensors file per level.",
            "The backbone, the threshold and statistics of features are not part of such files."
        })
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A model file.")
    private Path model;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Checkpoint to write, a dict with the list 'state_dict' (.pth).")
    private Path out;

    @Option(names = "--safetensors", paramLabel = "DIR", description = "Folder to write level<i>.safetensors to.")
    private Path folder;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        if (out == null && folder == null) {
            throw new RlrException("nothing to write", "give --out FILE.pth, or --safetensors DIR, or both");
        }
        if (out != null) {
            OutputFiles.requireWritable(out, "--out");
            CheckpointExport.writeTorch(model, out);
            text.printf(
                    "%s: state dicts of the levels %s%n",
                    out, ModelFile.info(model).config().levels());
        }
        if (folder != null) {
            CheckpointExport.writeSafeTensors(model, folder).forEach(file -> text.printf("%s%n", file));
        }
        text.flush();
        PrintWriter err = spec.commandLine().getErr();
        CheckpointExport.notes(model).forEach(note -> err.println("note: " + OptionNames.translate(note)));
        err.flush();
        return 0;
    }
}
