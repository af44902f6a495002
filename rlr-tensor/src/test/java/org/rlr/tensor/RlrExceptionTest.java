package org.rlr.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** Callers can add text to an error without changing its type. */
class RlrExceptionTest {
    @Test
    void aCallerAddsLocationAndRemedy() {
        InvalidSettingException e = new InvalidSettingException("epochs", 0, "at least 1");
        assertEquals("`epochs` is 0; it must be at least 1", e.explanation());
        assertSame(e, e.at("run 3").at("seeds"));
        assertEquals("seeds: run 3: `epochs` is 0", e.getMessage());
        assertEquals(
                "seeds: run 3: `epochs` is 0; it must be at least 1; see the log",
                e.andRemedy("see the log").explanation());
        assertEquals("org.rlr.tensor.InvalidSettingException: seeds: run 3: `epochs` is 0", e.toString());
        assertEquals("full; stop", new RlrException("full").andRemedy("stop").explanation());
    }
}
