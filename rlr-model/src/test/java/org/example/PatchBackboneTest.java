package org.example;

import org.rlr.model.backbone.BackboneContract;

class PatchBackboneTest extends BackboneContract {
    @Override
    protected String name() {
        return "patches";
    }
}
