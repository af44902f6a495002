package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import org.rlr.model.weights.PublishedWeights;
import org.rlr.model.weights.WeightsCache;
import org.rlr.model.weights.WeightsDownloader;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.io.TensorFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlr weights}. */
@Command(
        name = "weights",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Download the published weights of backbones, add your own files, list them.",
        subcommands = {
            WeightsCommand.Get.class,
            WeightsCommand.Add.class,
            WeightsCommand.ListAll.class,
            CommandLine.HelpCommand.class
        })
final class WeightsCommand {

    /** {@code rlr weights get}. */
    @Command(
            name = "get",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Download a backbone's published weights into the cache, where 'rlr train --backbone NAME' finds them.",
                "An interrupted download is resumed. Proxies: --proxy, https_proxy and no_proxy in the "
                        + "environment, or Java's https.proxyHost."
            })
    static final class Get implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(
                paramLabel = "NAME",
                description = "Backbone; 'rlr weights list' lists those with published weights.")
        private String name;

        @Option(
                names = "--mirror",
                paramLabel = "URL",
                description = "Address to download from, with the same API as the hub (default: "
                        + WeightsDownloader.MIRROR + " or HF_ENDPOINT in the environment, or " + PublishedWeights.HUB
                        + ").")
        private String mirror;

        @Option(names = "--proxy", paramLabel = "URL", description = "HTTP proxy, http://HOST:PORT.")
        private String proxy;

        @Option(
                names = "--sha256",
                paramLabel = "HEX",
                description = "Refuse a file with another hash (default: the hash that the hub states).")
        private String sha256;

        @Option(
                names = "--offline",
                description = "Do not use the network: only print where the weights are, in the cache or on the hub.")
        private boolean offline;

        @Option(names = "--force", description = "Download even if the weights are in the cache.")
        private boolean force;

        @Mixin
        private WeightsOptions.CacheOption cache;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            PublishedWeights weights = PublishedWeights.of(name);
            WeightsDownloader downloader = new WeightsDownloader(cache.open(), mirror, proxy);
            Optional<Path> present;
            try {
                present = force ? Optional.empty() : downloader.cached(weights, sha256);
            } catch (TensorFileException e) {
                throw e.andRemedy("add --force for that");
            }
            if (present.isPresent()) {
                out.printf("%s exists already; --force downloads it again%n", present.get());
                out.flush();
                return 0;
            }
            if (offline) {
                throw new RlrException(
                        "the weights of " + name + " are not in " + cache.open().folder()
                                + ", and --offline forbids a download",
                        "download " + downloader.address(weights) + " on another machine"
                                + ", then run 'rlr weights add FILE --name " + name + "' here");
            }
            out.printf("%s, licence %s%n", downloader.address(weights), weights.licence());
            out.flush();
            WeightsDownloader.Result result;
            try (ProgressBar bar = ProgressBars.of(name, -1, " MB", 1_000_000)
                    .continuousUpdate()
                    .build()) {
                result = downloader.get(weights, sha256, (done, total) -> {
                    bar.maxHint(total);
                    bar.stepTo(done);
                });
            }
            out.printf(
                    Locale.ROOT, "%s: %.1f MB, SHA-256 %s%n", result.file(), megabytes(result.file()), result.sha256());
            out.flush();
            return 0;
        }
    }

    /** {@code rlr weights add}. */
    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Copy a file with a backbone's weights (SafeTensors or .pth, with timm's names) into the "
                    + "cache, where 'rlr train --backbone NAME' finds them.")
    static final class Add implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "FILE", description = "The file with the weights.")
        private Path file;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "Backbone of the weights (default: the one that they fit).")
        private String name;

        @Mixin
        private WeightsOptions.CacheOption cache;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            WeightsCache weights = cache.open();
            String backbone = weights.add(file, name);
            out.printf("%s: weights of %s%n", weights.find(backbone).orElseThrow(), backbone);
            out.flush();
            return 0;
        }
    }

    /** {@code rlr weights list}. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the weights that can be downloaded and those in the cache.")
    static final class ListAll implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Mixin
        private WeightsOptions.CacheOption cache;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            Map<String, Path> present = cache.open().list();
            out.printf(
                    "%-22s %-12s %-36s %s%n",
                    "backbone", "licence", "on the hub", "in " + cache.open().folder());
            for (PublishedWeights each : PublishedWeights.all()) {
                out.printf(
                        "%-22s %-12s %-36s %s%n",
                        each.backbone(), each.licence(), each.repository(), describe(present.get(each.backbone())));
            }
            present.forEach((name, file) -> {
                if (PublishedWeights.all().stream()
                        .noneMatch(each -> each.backbone().equals(name))) {
                    out.printf("%-22s %-12s %-36s %s%n", name, "", "", describe(file));
                }
            });
            out.flush();
            return 0;
        }

        private static String describe(@Nullable Path file) {
            return file == null ? "-" : String.format(Locale.ROOT, "%s, %.1f MB", file.getFileName(), megabytes(file));
        }
    }

    private static double megabytes(Path file) {
        return file.toFile().length() / 1e6;
    }
}
