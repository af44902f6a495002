package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlr serve}. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Serve a model over HTTP: a web page at /, detection at POST /v1/detect, the API description at "
                    + "/openapi.json.",
            "The model is reloaded when its file changes, and on SIGHUP.",
            "SIGTERM stops the service after it has answered the requests in progress."
        })
final class ServeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A model file written by 'rlr train'.")
    private Path model;

    @Mixin
    private ServeOptions options;

    @Mixin
    private BackendOptions backend;

    @Override
    public Integer call() throws InterruptedException {
        options.check();
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        ServeMetrics metrics = new ServeMetrics();
        CountDownLatch ended = new CountDownLatch(1);
        try (Backend device = backend.open();
                ServedModel served =
                        new ServedModel(model, () -> options.detector().openBackend(device), metrics::steps);
                DetectionService service = new DetectionService(options, served, metrics)) {
            Thread stop = new Thread(() -> {
                service.close();
                ended.countDown();
            });
            Runtime.getRuntime().addShutdownHook(stop);
            service.start();
            out.println("listening at " + service.address());
            out.flush();
            Runnable reload = () -> reload(served, metrics, err);
            Signals.onHangUp(reload);
            served.load();
            metrics.loaded(true);
            service.watch(reload);
            out.println("ready: " + FileNames.printable(model) + " is loaded");
            out.flush();
            ended.await();
        }
        return 0;
    }

    private void reload(ServedModel served, ServeMetrics metrics, PrintWriter err) {
        try {
            served.load();
            metrics.loaded(true);
            err.println("note: " + FileNames.printable(model) + " was reloaded");
            err.flush();
        } catch (RuntimeException e) {
            metrics.loaded(false);
            Main.error(
                    err,
                    (e instanceof RlrException known ? OptionNames.explain(known) : e.toString())
                            + "; the previous model stays in use");
        }
    }
}
