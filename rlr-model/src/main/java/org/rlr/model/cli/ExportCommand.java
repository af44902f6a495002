package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.checkpoint.CheckpointExport;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.onnx.OnnxExport;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
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
            "Write a model for other programs: as an ONNX file with the whole detection (--onnx), or only its "
                    + "transformers as the PyTorch "
                    + "implementation loads them: a checkpoint (.pth), or a SafeTensors file per level (--out, --safetensors).",
            "The checkpoint and the SafeTensors files do not contain the backbone, the threshold and the "
                    + "feature statistics."
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

    @Option(
            names = "--onnx",
            paramLabel = "FILE",
            description =
                    "ONNX file to write (.onnx): takes RGB values of 0 to 1, returns anomaly map, score and verdict.")
    private Path onnx;

    @Override
    public Integer call() {
        PrintWriter text = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (out == null && folder == null && onnx == null) {
            throw new RlrException(
                    "nothing to write",
                    "give --onnx FILE.onnx, --out FILE.pth or --safetensors DIR, or several of them");
        }
        if (onnx != null) {
            OutputFiles.requireWritable(onnx, "--onnx");
            try (Backend backend = Backends.open("cpu", BackendSettings.WHOLE_HEAP);
                    RlrModel loaded = ModelFile.load(model, backend)) {
                OnnxExport.write(loaded, onnx);
                RlrConfig config = loaded.info().config();
                text.printf(
                        "%s: input of %d×%d pixels, RGB of 0 to 1; outputs pred_score, pred_label, "
                                + "anomaly_map, pred_mask%n",
                        FileNames.printable(onnx), config.imageWidth(), config.imageHeight());
                print(err, OnnxExport.notes(loaded.info()));
            }
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
        if (out != null || folder != null) {
            print(err, CheckpointExport.notes(model));
        }
        return 0;
    }

    private static void print(PrintWriter err, List<String> notes) {
        notes.forEach(note -> err.println("note: " + OptionNames.translate(note)));
        err.flush();
    }
}
