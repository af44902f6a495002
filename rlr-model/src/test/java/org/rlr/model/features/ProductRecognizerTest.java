package org.rlr.model.features;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;

class ProductRecognizerTest {
    private static final float[] DEVIATION = {2, 0.5f};

    private static ProductRecognizer.Product product(String name, float[]... images) {
        return ProductRecognizer.learn(name, List.of(images), DEVIATION);
    }

    private static ProductRecognizer recognizer(ProductRecognizer.Product... products) {
        return new ProductRecognizer(List.of(products), DEVIATION);
    }

    @Test
    void theNearestImageDeterminesTheClassWithinItsLimit() {
        ProductRecognizer recognizer = recognizer(
                product("left", new float[] {0, 0}, new float[] {0.4f, 0}), product("right", new float[] {4, 0}));
        Recognition left = recognizer.recognize(List.of(new float[] {0.4f, 0.1f}));
        assertEquals("left", left.className());
        assertEquals(0.1 / 0.5 / Math.sqrt(2), left.distance(), 1e-6);
        assertEquals(0.4, left.limit());
        assertEquals(
                "right", recognizer.recognize(List.of(new float[] {3.5f, 0})).className());
        Recognition neither = recognizer.recognize(List.of(new float[] {2, 0}));
        assertEquals("left", neither.nearest());
        assertFalse(neither.known());
        assertNull(neither.className());
        // two tiles are averaged
        assertEquals(
                "right",
                recognizer
                        .recognize(List.of(new float[] {3, 1}, new float[] {5, -1}))
                        .className());
        assertFalse(recognizer.recognize(List.of(new float[] {Float.NaN, 0})).known());
    }

    /** If a class varies widely, images may be twice as far away as its own. */
    @Test
    void theLimitGrowsWithTheClass() {
        List<float[]> spread = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            spread.add(new float[] {2 * i, 0}); // neighbours at 1/√2
        }
        ProductRecognizer.Product product = ProductRecognizer.learn("spread", spread, DEVIATION);
        assertEquals(2 / Math.sqrt(2), product.limit(), 1e-6);
        assertEquals(20, product.images().size());
    }

    /** A stray image in the folder does not make unknown products known. */
    @Test
    void oneOddImageDoesNotChangeTheLimit() {
        List<float[]> images = new ArrayList<>();
        Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
            images.add(new float[] {0.1f * random.nextFloat(), 0.1f * random.nextFloat()});
        }
        images.add(new float[] {100, 100});
        assertEquals(0.4, ProductRecognizer.learn("odd", images, DEVIATION).limit());
    }

    @Test
    void theImagesThatAreKeptAreNearAllOthers() {
        Random random = new Random(5);
        List<float[]> images = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            images.add(new float[] {random.nextFloat() * 2, random.nextFloat() / 2});
        }
        ProductRecognizer.Product product = ProductRecognizer.learn("many", images, DEVIATION);
        assertEquals(ProductRecognizer.MOST, product.images().size());
        ProductRecognizer recognizer = recognizer(product);
        for (float[] image : images) {
            // 32 discs of that radius cover the unit square
            assertTrue(recognizer.recognize(List.of(image)).distance() < 0.25);
        }
        float[] same = {1, 1};
        assertEquals(
                1, product("same", same, same.clone(), same.clone()).images().size());
    }

    @Test
    void poolingIsTheMeanOverTheGridOfEachLevel() {
        try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULTS);
                TensorScope scope = TensorScope.inference(backend)) {
            Tensor fine = Tensor.of(new float[] {1, 10, 3, 20, 5, 30, 7, 40}, 1, 2, 2, 2);
            Tensor coarse = Tensor.of(new float[] {-2}, 1, 1, 1, 1);
            assertArrayEquals(new float[] {4, 25, -2}, ProductRecognizer.pool(List.of(fine, coarse)), 1e-6f);
        }
    }

    @Test
    void partsThatDoNotFitAreRefused() {
        ProductRecognizer.Product fits = product("a", new float[] {0, 0});
        for (float bad : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThrows(
                    IllegalArgumentException.class, () -> new ProductRecognizer(List.of(fits), new float[] {1, bad}));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> recognizer(new ProductRecognizer.Product("a", fits.images(), bad)));
        }
        assertThrows(IllegalArgumentException.class, () -> new ProductRecognizer(List.of(), DEVIATION));
        assertThrows(
                IllegalArgumentException.class, () -> recognizer(new ProductRecognizer.Product("a", List.of(), 1)));
        for (float[] image : new float[][] {{1}, {1, 2, 3}, {1, Float.NaN}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> recognizer(new ProductRecognizer.Product("a", List.of(image), 1)));
        }
    }
}
