import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends images to the service from many threads while its model is swapped, and checks that every answer is that of one
 * of the two models. Prints the number of requests for each outcome, their durations, and the service's memory.
 *
 * <pre>{@code
 * java load/Load.java URL SERVED-MODEL MODEL-A MODEL-B REQUESTS THREADS SWAPS IMAGE…
 * }</pre>
 *
 * The service runs with {@code --inspection.model=SERVED-MODEL}, on this machine; that file is replaced by the two
 * models in turn.
 */
public class Load {
    private static final Pattern SCORE = Pattern.compile("\"score\":([^,]*),");
    private static final Pattern VALUE = Pattern.compile("\"value\":([0-9.Ee+]*)");

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;

    private Load(String url) {
        this.url = url;
    }

    public static void main(String[] args) throws Exception {
        new Load(args[0])
                .run(
                        Path.of(args[1]),
                        List.of(Path.of(args[2]), Path.of(args[3])),
                        Integer.parseInt(args[4]),
                        Integer.parseInt(args[5]),
                        Integer.parseInt(args[6]),
                        Arrays.stream(args).skip(7).map(Path::of).toList());
    }

    private void run(Path served, List<Path> models, int requests, int threads, int swaps, List<Path> files)
            throws Exception {
        List<byte[]> images = new ArrayList<>();
        for (Path file : files) {
            images.add(Files.readAllBytes(file));
        }
        Map<Integer, Set<String>> expected = new ConcurrentHashMap<>();
        for (Path model : models) {
            swap(served, model);
            for (int i = 0; i < images.size(); i++) {
                expected.computeIfAbsent(i, key -> ConcurrentHashMap.newKeySet()).add(score(images.get(i)));
            }
        }
        System.out.println("heap " + memory("jvm.memory.used?tag=area:heap") + " MiB, held by tensors "
                + memory("rlr.memory.held") + " MiB, before");

        AtomicInteger next = new AtomicInteger();
        long[] durations = new long[requests];
        Map<String, LongAdder> outcomes = new TreeMap<>();
        List<Thread> senders = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            Thread sender = new Thread(() -> {
                for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
                    int image = i % images.size();
                    long start = System.nanoTime();
                    String outcome;
                    try {
                        outcome = expected.get(image).contains(score(images.get(image))) ? "right" : "WRONG SCORE";
                    } catch (IOException | InterruptedException | RuntimeException e) {
                        outcome = String.valueOf(e.getMessage());
                    }
                    durations[i] = System.nanoTime() - start;
                    synchronized (outcomes) {
                        outcomes.computeIfAbsent(outcome, key -> new LongAdder()).increment();
                    }
                }
            });
            sender.start();
            senders.add(sender);
        }
        long start = System.nanoTime();
        for (int s = 0; s < swaps; s++) {
            while (next.get() < (long) requests * (s + 1) / (swaps + 1)) {
                Thread.sleep(5);
            }
            swap(served, models.get(s % 2));
            if (s % Math.max(1, swaps / 6) == 0) {
                System.out.printf(
                        "%d requests, %d swaps: heap %s MiB, held by tensors %s MiB, threads %s%n",
                        next.get(),
                        s + 1,
                        memory("jvm.memory.used?tag=area:heap"),
                        memory("rlr.memory.held"),
                        value("jvm.threads.live"));
            }
        }
        for (Thread sender : senders) {
            sender.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Arrays.sort(durations);
        System.out.printf(
                Locale.ROOT,
                "%d requests of %d threads, %d swaps: %s; %.1f per second; p50 %.0f ms, p99 %.0f ms, longest %.0f ms%n",
                requests,
                threads,
                swaps,
                outcomes,
                requests / seconds,
                durations[requests / 2] / 1e6,
                durations[(int) (requests * 0.99)] / 1e6,
                durations[requests - 1] / 1e6);
        System.out.println("heap " + memory("jvm.memory.used?tag=area:heap") + " MiB, held by tensors "
                + memory("rlr.memory.held") + " MiB, threads " + value("jvm.threads.live") + ", after");
    }

    private void swap(Path served, Path model) throws IOException, InterruptedException {
        Path copy = served.resolveSibling(served.getFileName() + ".new");
        Files.copy(model, copy, StandardCopyOption.REPLACE_EXISTING);
        Files.move(copy, served, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        HttpResponse<String> answer = post("/reload", new byte[0]);
        if (answer.statusCode() != 204) {
            throw new IllegalStateException("reload: " + answer.statusCode() + " " + answer.body());
        }
    }

    private String score(byte[] image) throws IOException, InterruptedException {
        HttpResponse<String> answer = post("/detect", image);
        Matcher score = SCORE.matcher(answer.body());
        if (answer.statusCode() != 200 || !score.find()) {
            throw new IllegalStateException("status " + answer.statusCode());
        }
        return score.group(1);
    }

    private HttpResponse<String> post(String path, byte[] body) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create(url + path))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private String memory(String metric) throws IOException, InterruptedException {
        return String.valueOf(Math.round(Double.parseDouble(value(metric)) / (1 << 20)));
    }

    private String value(String metric) throws IOException, InterruptedException {
        String body = client.send(
                        HttpRequest.newBuilder(URI.create(url + "/actuator/metrics/" + metric))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher value = VALUE.matcher(body);
        return value.find() ? value.group(1) : "0";
    }
}
