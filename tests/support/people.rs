//! The people of the small district, each signed in.

use serde_json::json;

use super::{Caller, Server, phones};

impl Server {
    /// The supervisor of the district.
    pub async fn supervisor(&self) -> Caller {
        self.sign_in(phones::SUPERVISOR).await
    }

    /// The supervisor of the first town.
    pub async fn town_supervisor(&self) -> Caller {
        self.sign_in(phones::TOWN).await
    }

    /// A new supervisor of the village of the first two grids, between the town and the managers.
    pub async fn village_supervisor(&self) -> Caller {
        let phone = "13900000003";
        let village = json!({
            "name": "周村长", "phone": phone, "role": "supervisor", "area": "500116001002",
            "gender": "female", "birth_year": 1990, "home": { "lat": 29.285, "lon": 106.255 },
            "skills": []
        });
        let created = self.admin().await.post("/v1/people", &village).await;
        assert_eq!(created.status, 201, "{}", created.body);
        self.sign_in(phone).await
    }

    /// The manager of the first grid.
    pub async fn manager(&self) -> Caller {
        self.sign_in(phones::MANAGER).await
    }

    /// The manager of the third grid, in the other town.
    pub async fn far_manager(&self) -> Caller {
        self.sign_in(phones::FAR_MANAGER).await
    }

    /// The first volunteer of the first grid.
    pub async fn volunteer(&self) -> Caller {
        self.sign_in(phones::VOLUNTEER).await
    }

    /// The second volunteer of the first grid.
    pub async fn second_volunteer(&self) -> Caller {
        self.sign_in(phones::SECOND_VOLUNTEER).await
    }

    /// The volunteer of the second grid.
    pub async fn other_volunteer(&self) -> Caller {
        self.sign_in(phones::OTHER_VOLUNTEER).await
    }

    /// The manager of the second grid.
    pub async fn other_manager(&self) -> Caller {
        self.sign_in(phones::OTHER_MANAGER).await
    }

    /// The admin of the district.
    pub async fn admin(&self) -> Caller {
        self.sign_in(phones::ADMIN).await
    }

    /// The auditor of the district.
    pub async fn auditor(&self) -> Caller {
        self.sign_in(phones::AUDITOR).await
    }
}
