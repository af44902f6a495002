package org.rlr.model.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Takes the screenshots of a service's page for the documentation. Arguments: its address, a folder, and images to
 * examine.
 */
final class ServeScreenshots {
    private ServeScreenshots() {}

    public static void main(String[] args) throws IOException {
        List<Path> images = Arrays.stream(args).skip(2).map(Path::of).toList();
        try (Browser browser = new Browser(Browser.find().orElseThrow())) {
            for (int width : new int[] {390, 1280}) {
                for (boolean dark : new boolean[] {false, true}) {
                    int height = width < 600 ? 1500 : 1000;
                    browser.screen(width, height, dark);
                    browser.open(URI.create(args[0]));
                    browser.choose("#files", images);
                    browser.await("items.length === " + images.size() + " && items.every(item => item.result)"
                            + " && [...document.images].every(each => each.complete)");
                    browser.evaluate("const first = document.querySelector('.card:nth-child(2) details');"
                            + " if (first) { first.open = true; } window.scrollTo(0, 0)");
                    browser.evaluate("new Promise(done => setTimeout(done, 400))"); // the bars grow
                    Files.write(
                            Path.of(args[1], "serve-" + width + (dark ? "-dark" : "-light") + ".png"),
                            browser.screenshot(false));
                }
            }
        }
    }
}
