package org.rlr.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlr.model.ModelFile;
import org.rlr.model.RlrModel;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Threshold;
import org.rlr.model.config.Thresholds;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

/** The web page of a service in Chromium; skipped if Chromium is missing. */
class ServePageTest {
    private static final String IDLE = "items.length > 0 && items.every(item => item.result || item.error)";

    @TempDir
    static Path folder;

    private static ServiceRun run;
    private static Browser browser;
    private static List<Path> images;
    /** The answers of the service. */
    private static final List<JsonObject> RESULTS = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Browser.find().isPresent(),
                "no Chromium is on the PATH; name one with -Drlr.browser=PROGRAM to test the web page");
        Path model = folder.resolve("model");
        saveWithAClass(model);
        run = new ServiceRun(model, ServiceRun.onFreePort());
        run.model.load();
        images = TinyModel.images();
        for (Path image : images) {
            RESULTS.add(ServiceRun.json(run.post("v1/detect", "image/png", Files.readAllBytes(image))));
        }
        browser = new Browser(Browser.find().get());
    }

    /** Writes the tiny model with a class whose own threshold is below all scores. */
    private static void saveWithAClass(Path file) {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS.withThreads(1));
                RlrModel model = ModelFile.load(TinyModel.model(), backend)) {
            ModelInfo info = model.info();
            Threshold low = new Threshold(1e-6, Threshold.Rule.GIVEN, 0, 0, 0, 0, 0, 0, null, null, null);
            ModelFile.save(
                    model.with(info.with(new Thresholds(info.thresholds().common(), Map.of("strict <b>", low)))), file);
        }
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (run != null) {
            run.close();
        }
    }

    @BeforeEach
    void open() {
        browser.screen(1280, 900, false);
        browser.open(URI.create("about:blank"));
        browser.complaints().clear();
        browser.open(run.service.address());
        browser.await("document.querySelector('#class').options.length === 2");
    }

    @AfterEach
    void nothingWentWrong() {
        assertEquals(List.of(), browser.complaints());
    }

    private void examine(List<Path> files) {
        int before = browser.number("items.length");
        browser.choose("#files", files);
        browser.await("items.length === " + (before + files.size()) + " && " + IDLE);
    }

    private static long above(double factor) {
        return RESULTS.stream()
                .filter(each ->
                        each.get("score").getAsDouble() > each.get("threshold").getAsDouble() * factor || unknown(each))
                .count();
    }

    private static boolean unknown(JsonObject result) {
        return result.has("unknown_product") && result.get("unknown_product").getAsBoolean();
    }

    private static String counts(double factor) {
        return above(factor) + " anomalous · " + (RESULTS.size() - above(factor)) + " normal";
    }

    @Test
    void showsEachImageWithItsResult() {
        examine(images);
        assertEquals(images.size(), browser.number("document.querySelectorAll('.card').length"));
        assertEquals(counts(1), browser.text("#counts"));
        for (int i = 0; i < images.size(); i++) {
            JsonObject expected = RESULTS.get(i);
            String card = ".card:nth-child(" + (i + 1) + ") ";
            assertEquals(images.get(i).getFileName().toString(), browser.text(card + "h2"));
            assertEquals(
                    unknown(expected)
                            ? "Unknown product"
                            : expected.get("anomalous").getAsBoolean() ? "Anomalous" : "Normal",
                    browser.text(card + ".verdict"));
            assertEquals(
                    expected.getAsJsonArray("regions").size(),
                    browser.number("document.querySelectorAll('" + card + ".box').length"));
            browser.await("document.querySelector('" + card + ".over').naturalWidth === 64");
            double bar = browser.evaluate("parseFloat(document.querySelector('" + card + ".fill').style.width)")
                    .getAsDouble();
            double mark = browser.evaluate("parseFloat(document.querySelector('" + card + ".mark').style.left)")
                    .getAsDouble();
            assertEquals(
                    expected.get("score").getAsDouble()
                            > expected.get("threshold").getAsDouble(),
                    bar > mark,
                    card);
        }
        browser.evaluate("const s = document.querySelector('.slide input'); s.value = 25;"
                + " s.dispatchEvent(new Event('input'))");
        assertEquals(
                "0.25",
                browser.evaluate("document.querySelector('.over').style.opacity")
                        .getAsString());
    }

    @Test
    void countsAgainByAnotherThreshold() {
        examine(images);
        browser.evaluate("document.querySelector('#threshold').focus()");
        browser.press("Home", 36);
        browser.await("document.querySelector('#threshold').value === '0.5'");
        assertEquals(counts(0.5), browser.text("#counts"));
        browser.press("End", 35);
        browser.await("document.querySelector('#threshold').value === '2'");
        assertEquals(counts(2), browser.text("#counts"));
        assertTrue(above(0.5) > above(2), "the threshold changes the count");
        assertEquals(
                0,
                browser.number("items.flatMap(item => item.boxes).filter(each => !each.box.hidden"
                        + " && each.region.peak <= 2 * items[0].result.threshold).length"));
        browser.evaluate("document.querySelector('#reset').click()");
        assertEquals(counts(1), browser.text("#counts"));
    }

    @Test
    void examinesAgainByAnotherClass() {
        examine(images);
        assertEquals(
                "strict <b>",
                browser.evaluate("document.querySelector('#class').options[1].text")
                        .getAsString());
        browser.evaluate("const c = document.querySelector('#class'); c.selectedIndex = 1;"
                + " c.dispatchEvent(new Event('change'))");
        browser.await(IDLE + " && items.every(item => item.result.class === 'strict <b>')");
        assertEquals(images.size() + " anomalous · 0 normal", browser.text("#counts"));
        assertEquals("strict <b>", browser.text(".kind"));
    }

    @Test
    void givesATableThatIsNoProgram() throws IOException {
        Path formula = Files.copy(images.get(0), folder.resolve("=1+cmd|'x',\"y\".png"));
        Path lines = Files.copy(images.get(1), folder.resolve("a\r\n@b.png"));
        Path wrong = Files.writeString(folder.resolve("\t-wrong.png"), "no image");
        examine(List.of(formula, lines, wrong));
        String csv = browser.evaluate("csv()").getAsString();
        List<String> rows = csv.lines().toList();
        assertEquals(4, rows.size(), csv);
        assertEquals("\ufeff\"file\",\"verdict\",\"score\",\"threshold\",\"class\",\"regions\",\"error\"", rows.get(0));
        assertTrue(rows.get(1).startsWith("\"'=1+cmd|'x',\"\"y\"\".png\",\""), csv);
        assertTrue(rows.get(2).startsWith("\"a @b.png\",\""), csv);
        assertTrue(rows.get(3).startsWith("\"' -wrong.png\",\"\",\"\""), csv);
        assertTrue(rows.get(3).contains("is not a PNG"), csv);
        double score = Double.parseDouble(rows.get(1).split("\",\"")[2].replace("\"", ""));
        assertEquals(RESULTS.get(0).get("score").getAsDouble(), score);
        assertTrue(browser.text("#counts").endsWith(" · 1 failed"), browser.text("#counts"));
    }

    @Test
    void takesPicturesOfTheCamera() {
        browser.evaluate("document.querySelector('#camera').click()");
        browser.await("document.querySelector('#viewer').open && document.querySelector('#video').videoWidth > 0");
        browser.evaluate("document.querySelector('#take').click()");
        browser.await(IDLE);
        assertEquals("camera-1.png", browser.text(".card h2"));
        assertEquals(
                browser.number("document.querySelector('#video').videoWidth"),
                browser.number("items[0].result.image_width"));
        browser.press("Escape", 27);
        browser.await("!document.querySelector('#viewer').open && document.querySelector('#video').srcObject === null");
    }

    @Test
    void takesWhatIsDropped() {
        browser.evaluate(
                "const d = new DataTransfer(); d.items.add(new File(['x'], '<img src=x onerror=alert(1)>.png'));"
                        + " document.dispatchEvent(new DragEvent('drop', {dataTransfer: d, cancelable: true}))");
        browser.await(IDLE);
        assertEquals("<img src=x onerror=alert(1)>.png", browser.text(".card h2"));
        assertTrue(browser.text(".state").contains("is not a PNG"), browser.text(".state"));
        browser.evaluate("document.querySelector('.remove').click()");
        assertEquals("No images yet.", browser.text("#counts"));
        assertEquals("choose", browser.evaluate("document.activeElement.id").getAsString());
    }

    @Test
    void isUsedByTheKeyboard() {
        examine(images.subList(0, 1));
        browser.evaluate("document.activeElement.blur()");
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            browser.press("Tab", 9);
            order.add(browser.evaluate("document.activeElement.id || document.activeElement.className"
                            + " || document.activeElement.tagName")
                    .getAsString());
        }
        assertEquals(
                List.of(
                        "choose",
                        "camera",
                        "class",
                        "threshold",
                        "reset",
                        "csv",
                        "clear",
                        "remove",
                        "INPUT",
                        "SUMMARY"),
                order);
        String nameless = browser.evaluate("[...document.querySelectorAll('button, input, select')]"
                        + ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))"
                        + ".map(e => e.outerHTML).join()")
                .getAsString();
        assertEquals("", nameless);
    }

    @ParameterizedTest
    @CsvSource({"390, false", "390, true", "1280, false", "1280, true"})
    void fitsTheScreenAndHasContrast(int width, boolean dark) {
        browser.screen(width, 844, dark);
        examine(images);
        assertEquals(width, browser.number("document.documentElement.scrollWidth"));
        // WCAG 2: a contrast of 4.5 between text and background
        String weak = "(() => { const lum = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => { x /= 255;"
                + " return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });"
                + " return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };"
                + " const back = e => { const b = getComputedStyle(e).backgroundColor;"
                + " return b === 'rgba(0, 0, 0, 0)' && e.parentElement ? back(e.parentElement) : b; };"
                + " return [...document.querySelectorAll('h1, h2, p, span, label, button:not(:disabled), summary, th, td')]"
                + ".filter(e => e.textContent.trim() && e.checkVisibility()).map(e => {"
                + " const a = lum(getComputedStyle(e).color), b = lum(back(e));"
                + " return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName + '.' + e.className]; })"
                + ".filter(([ratio]) => ratio < 4.5).map(String); })()";
        List<String> found = new ArrayList<>();
        for (JsonElement each : browser.evaluate(weak).getAsJsonArray()) {
            found.add(each.getAsString());
        }
        assertEquals("", found.stream().distinct().collect(Collectors.joining("; ")));
    }

    @Test
    void runsAndFetchesNothingElse() {
        browser.evaluate("const s = document.createElement('script'); s.textContent = 'window.foreign = 1';"
                + " document.body.append(s)");
        assertTrue(browser.evaluate("window.foreign === undefined").getAsBoolean());
        assertEquals(
                "refused",
                browser.evaluate("fetch('http://127.0.0.1:9/').then(() => 'fetched', () => 'refused')")
                        .getAsString());
        for (String policy : List.of("script-src", "connect-src")) {
            while (browser.complaints().stream().noneMatch(each -> each.contains(policy + " '"))) {
                browser.evaluate("1");
            }
        }
        String own = run.service.address().toString();
        for (JsonElement each : browser.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
                .getAsJsonArray()) {
            String name = each.getAsString();
            assertTrue(name.startsWith(own) || name.startsWith("data:") || name.contains(":9/"), name);
        }
        browser.open(URI.create("about:blank"));
        browser.complaints().clear();
    }
}
