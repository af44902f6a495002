package org.rlr.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.io.IoReason;
import org.rlr.tensor.io.SafeTensorsWriter;

/**
 * A Python process that does a benchmark's work with PyTorch ({@code peers/peer.py}); one line to its standard input is
 * one run. The round trip takes about 30 µs, which counts against the peer in benchmarks shorter than a millisecond.
 */
final class TorchPeer implements Contender {
    /** The interpreter: {@code mvn -pl rlr-bench -Dpython=PATH}. */
    static final String PYTHON = "rlr.bench.python";

    static final String PEERS = "rlr.bench.peers";
    private static final Gson GSON = new Gson();

    /** An input tensor for the peer. */
    record Operand(float[] values, int... shape) {}

    private final Path folder;
    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;
    private final String version;

    /**
     * Starts a task, which runs once.
     *
     * @param task the name of the peer's task
     * @param settings the task's settings
     * @param given tensors by name
     * @throws IllegalStateException with the peer's message if it cannot
     */
    TorchPeer(String task, Map<String, ?> settings, Map<String, Operand> given) {
        try {
            folder = Files.createTempDirectory("rlr-bench");
            SafeTensorsWriter file = new SafeTensorsWriter();
            given.forEach((name, o) ->
                    file.add(name, Arrays.stream(o.shape()).asLongStream().toArray(), o.values()));
            file.write(folder.resolve("given.safetensors"));
            process = new ProcessBuilder(
                            System.getProperty(PYTHON, "python3"),
                            Path.of(System.getProperty(PEERS, "peers"), "peer.py")
                                    .toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            in = process.outputWriter(StandardCharsets.UTF_8);
            out = process.inputReader(StandardCharsets.UTF_8);
            Map<String, Object> line = new HashMap<>(settings);
            line.put("task", task);
            line.put("given", folder.resolve("given.safetensors").toString());
            line.put("out", result(folder).toString());
            JsonObject answer = exchange(GSON.toJson(line));
            version = answer.get("ready").getAsString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The reason why the interpreter cannot import the modules, or null. */
    static @Nullable String absence(String python, String... modules) {
        List<String> command = new ArrayList<>(List.of(
                python,
                "-c",
                "import importlib.util, sys; print(*(m for m in sys.argv[1:] if "
                        + "importlib.util.find_spec(m) is None))"));
        command.addAll(List.of(modules));
        try {
            Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (p.waitFor() != 0) {
                return python + " failed: " + said;
            }
            return said.isEmpty() ? null : python + " has no module " + said;
        } catch (IOException e) {
            return IoReason.of(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path result(Path folder) {
        return folder.resolve("result.f32");
    }

    private JsonObject exchange(String line) throws IOException {
        in.write(line);
        in.newLine();
        in.flush();
        String answer = out.readLine();
        if (answer == null) {
            throw new IllegalStateException("the Python peer ended; see its output above");
        }
        JsonObject object = GSON.fromJson(answer, JsonObject.class);
        if (object.has("error")) {
            close();
            throw new IllegalStateException(
                    "the Python peer: " + object.get("error").getAsString());
        }
        return object;
    }

    /** The name and version of the library. */
    String version() {
        return version;
    }

    @Override
    public void run() {
        try {
            exchange("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public float[] result() {
        try {
            ByteBuffer bytes =
                    ByteBuffer.wrap(Files.readAllBytes(result(folder))).order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[bytes.remaining() / Float.BYTES];
            bytes.asFloatBuffer().get(values);
            return values;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.list(folder)) {
            in.close();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
