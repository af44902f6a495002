package org.rlr.model.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class DetectionTest {
    private static final float[] MAP = {
        5, 0, 0, 0, 0, //
        0, 6, 0, 0, 2, //
        0, 0, 0, 0, 9, //
        1, 0, 0, 0, 0,
    };

    private static Detection detection(float... map) {
        return new Detection(9, 0.8, true, 1, 4, 5, map);
    }

    @Test
    void regionsAreConnectedPartsTheStrongestFirst() {
        Detection d = detection(MAP);
        assertEquals(List.of(new Region(4, 1, 1, 2, 2, 9, 4, 2), new Region(0, 0, 2, 2, 2, 6, 1, 1)), d.regions(1));
        assertEquals(3, d.regions(0.5).size());
        assertEquals(List.of(), d.regions(9));
        assertEquals(List.of(new Region(0, 0, 5, 4, 20, 9, 4, 2)), d.regions(-1));
    }

    @Test
    void regionsOfAnImageCoverThoseOfTheMap() {
        Detection d = detection(MAP);
        assertEquals(
                List.of(new Region(8, 3, 2, 6, 12, 9, 9, 7), new Region(0, 0, 4, 6, 12, 6, 3, 4)),
                d.regions(1, 10, 12));
        assertEquals(
                List.of(new Region(1, 0, 1, 2, 1, 9, 1, 1), new Region(0, 0, 1, 1, 1, 6, 0, 0)), d.regions(1, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> d.regions(1, 0, 2));
        for (Region huge : d.regions(-1, Integer.MAX_VALUE, Integer.MAX_VALUE)) {
            assertEquals(
                    List.of(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE),
                    List.of(huge.width(), huge.height(), huge.area()));
        }
    }

    @Test
    void theMapAtAnotherSizeKeepsCentresAndRepeatsTheBorder() {
        Detection d = new Detection(9, 0.8, true, 1, 1, 2, new float[] {0, 4});
        assertArrayEquals(new float[] {0, 1, 3, 4}, d.mapAt(4, 1));
        assertArrayEquals(new float[] {2, 2}, d.mapAt(1, 2));
        assertArrayEquals(MAP, detection(MAP).mapAt(5, 4));
        assertThrows(IllegalArgumentException.class, () -> d.mapAt(0, 1));
        IllegalArgumentException huge = assertThrows(IllegalArgumentException.class, () -> d.mapAt(100_000, 100_000));
        assertEquals("100000×100000 pixels do not fit into an array", huge.getMessage());
    }

    @Test
    void detectionsAreEqualByTheirValuesAndTheirTextIsShort() {
        assertEquals(detection(MAP), detection(MAP.clone()));
        assertEquals(detection(MAP).hashCode(), detection(MAP.clone()).hashCode());
        float[] other = MAP.clone();
        other[19] = 1;
        assertNotEquals(detection(MAP), detection(other));
        assertNotEquals(detection(MAP), new Detection(9, 0.8, false, 1, 4, 5, MAP));
        assertEquals(
                "Detection[score=9.0, normalizedScore=0.8, anomalous=true, threshold=1.0, map=5×4]",
                detection(MAP).toString());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> detection(1, 2))
                .getMessage()
                .contains("5×4"));
    }
}
