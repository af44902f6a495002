package org.rlr.model.cli;

import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import org.rlr.model.train.OutputLock;
import org.rlr.tensor.RlrException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;

/** The command line: exit code 0 on success, 1 on failure with one clear line, 2 on wrong usage. */
@Command(
        name = "rlr",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Visual anomaly detection: one model for all product classes, trained on normal images only.",
            "Start with 'rlr demo', then 'rlr train --data DIR --out MODEL.safetensors' on your own images."
        },
        subcommands = {
            DemoCommand.class,
            TrainCommand.class,
            EvaluateCommand.class,
            DetectCommand.class,
            ServeCommand.class,
            DataCommand.class,
            ThresholdCommand.class,
            AblateCommand.class,
            InfoCommand.class,
            DecoderCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            BackbonesCommand.class,
            WeightsCommand.class,
            DevicesCommand.class,
            CommandLine.HelpCommand.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Exit code: 0 success, 1 failure (one line says why), 2 wrong usage."})
public final class Main {
    static final int FAILURE = 1;

    Main() {}

    /**
     * Runs a command in this JVM, or in a new one with the Vector API where this one lacks it.
     *
     * @param args command and options
     */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        String damage = FileNames.damage(args);
        if (damage != null) {
            error(standardError(), damage);
            System.exit(FAILURE);
        }
        Relaunch.endWithLauncher();
        Integer relaunched = Relaunch.again(args);
        if (relaunched != null) {
            System.exit(relaunched);
        }
        if (FileNames.unreadableFolder()) {
            error(standardError(), FileNames.folderMessage());
            System.exit(FAILURE);
        }
        HeapGuard.start(Duration.ofSeconds(5));
        StandardOutput.install();
        int code = run(args);
        System.exit(StandardOutput.end(code, standardError()));
    }

    static PrintWriter standardError() {
        return new PrintWriter(System.err, false, Charset.defaultCharset());
    }

    /**
     * Runs a command in this JVM and returns its exit code.
     *
     * @param args command and options
     * @return 0 success, 1 failure, 2 wrong usage
     */
    public static int run(String... args) {
        return execute(new CommandLine(new Main()), args);
    }

    /**
     * Runs a command as {@link #run(String...)} does, but prints results and messages to the given writers; progress
     * bars still go to standard error.
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        return execute(new CommandLine(new Main()).setOut(out).setErr(err), args);
    }

    private static int execute(CommandLine line, String... args) {
        line.setExecutionExceptionHandler(failures());
        line.setExecutionStrategy(Main::checkAndRun);
        line.setParameterExceptionHandler(Misuse::report);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        // a shell alias may set options that a call overrides
        line.setOverwrittenOptionsAllowed(true);
        CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF);
        // a file may be named @c.jpg
        line.setExpandAtFiles(false);
        line.registerConverter(Path.class, Main::path);
        OptionHeadings.addTo(line);
        try {
            return line.execute(args);
        } catch (OutOfMemoryError e) {
            return outOfMemory(line, e);
        } catch (NoClassDefFoundError e) {
            error(
                    line.getErr(),
                    "cannot load the class " + e.getMessage()
                            + ": the jar was replaced or is damaged, or too many"
                            + " files are open (ulimit -n)");
            return FAILURE;
        }
    }

    /** Rejects an empty name, as from an unset shell variable: it would mean the working folder. */
    private static Path path(String name) {
        if (name.isEmpty()) {
            throw new CommandLine.TypeConversionException("'' is not the name of a file or folder");
        }
        return Path.of(name);
    }

    private static int checkAndRun(CommandLine.ParseResult parsed) {
        try (OutputLock lock = OutputFiles.check(parsed)) {
            return new CommandLine.RunLast().execute(parsed);
        } catch (RlrException e) {
            throw new CommandLine.ExecutionException(parsed.commandSpec().commandLine(), e.getMessage(), e);
        }
    }

    private static int outOfMemory(CommandLine line, OutOfMemoryError e) {
        CommandLine command = line;
        while (command.getParseResult() != null && command.getParseResult().hasSubcommand()) {
            command = command.getParseResult().subcommand().commandSpec().commandLine();
        }
        boolean trains = command.getCommandSpec().optionsMap().containsKey("--batch-size");
        error(
                line.getErr(),
                outOfMemory(String.valueOf(e.getMessage()))
                        + (trains
                                ? "lower --batch-size, --image-size or --width, scale very large images down, "
                                : "scale very large images down, give fewer at once, ")
                        + largerHeap(command.getCommandName()));
        return FAILURE;
    }

    static String outOfMemory(String why) {
        return "out of memory (" + why + "): the Java heap is limited to "
                + (Runtime.getRuntime().maxMemory() >> 20) + " MiB; ";
    }

    static String largerHeap(String command) {
        return "or raise the heap with java -Xmx, as in: "
                + (Boolean.getBoolean("rlr.portable") ? "RLR_JAVA_OPTS=-Xmx8g rlr " : "java -Xmx8g -jar rlr.jar ")
                + command;
    }

    /** Prints an error in one line. */
    static void error(PrintWriter err, String message) {
        err.println("error: "
                + FileNames.printable(message.replaceFirst("^Error: ", "").replaceAll("\\s*\\R\\s*", " ")));
        err.flush();
    }

    private static IExecutionExceptionHandler failures() {
        return (exception, command, parsed) -> {
            PrintWriter err = command.getErr();
            for (Throwable cause = exception;
                    cause != null && !(exception instanceof RlrException);
                    cause = cause.getCause()) {
                if (cause instanceof OutOfMemoryError e) {
                    return outOfMemory(command, e);
                }
                if (cause instanceof InvalidPathException e) {
                    error(err, FileNames.message(e));
                    return FAILURE;
                }
            }
            if (exception instanceof RlrException known) {
                if (StandardOutput.readerIsGone(known)) {
                    return 0;
                }
                error(err, OptionNames.explain(known));
            } else {
                err.println("error: unexpected " + exception + "; please report it with the stack trace below");
                exception.printStackTrace(err);
            }
            err.flush();
            return FAILURE;
        };
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"rlr " + (version == null ? "(unpackaged)" : version) + ", Java " + Runtime.version()};
        }
    }
}
